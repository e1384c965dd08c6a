// A service that answers with a page, hands the feature's context on, and says in a header who served each hop. No packages.
//
//   SERVICE=shopwindow DOWNSTREAM=prices=http://example2.com PORT=8080 node main.mjs
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

const { env } = process;
const HEADER = env.DEVSTACK_CONTEXT_HEADER || "uber-ctx-key";

/** This service's part of an answer. */
const hop = (service, context, downstream) => ({
  service, context, downstream,
  version: env.DEVSTACK_VERSION ?? "", label: env.DEVSTACK_LABEL ?? "", commit: env.DEVSTACK_COMMIT ?? "",
});

/** The members of W3C baggage, each as [name, value, the member itself]. */
const members = (baggage) => baggage.split(",").map((each) => each.trim()).filter(Boolean).map((each) => {
  const [name, value = ""] = each.split(";")[0].split("=");
  return [name.trim(), value.trim(), each];
});

/** The value of the context header: the plain one, else its member of W3C baggage. */
function contextOf(asked) {
  const plain = asked[HEADER.toLowerCase()];
  if (plain) return plain;
  const own = members(asked.baggage ?? "").find(([name]) => name === HEADER);
  try { return own ? decodeURIComponent(own[1]) : ""; } catch { return ""; }
}

/** What goes with every call to another service: both forms of the context, and the baggage of others. */
export function handedOn(asked) {
  const context = contextOf(asked);
  const others = members(asked.baggage ?? "").filter(([name]) => name !== HEADER).map(([, , each]) => each);
  const baggage = [...others, ...(context ? [`${HEADER}=${encodeURIComponent(context)}`] : [])].join(",");
  return { ...(context && { [HEADER]: context }), ...(baggage && { baggage }) };
}

/** The next hop's answer, or why there is none. */
async function ask(url, headers) {
  try {
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(5000) });
    return JSON.parse(answer.headers.get("x-devstack-hop") ?? await answer.text());
  } catch (error) {
    return { error: `${url}: ${error.cause?.message ?? error.message}` };
  }
}

/** A header holds ASCII alone. */
const ascii = (text) => text.replace(/[^ -~]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);

async function answered(request, response) {
  const pairs = (env.DOWNSTREAM ?? "").split(",").filter(Boolean).map((each) => each.split(/=(.*)/s));
  const sent = handedOn(request.headers);
  const told = await Promise.all(pairs.map(async ([name, url]) => [name, await ask(url, sent)]));
  const whole = hop(env.SERVICE ?? "hop", contextOf(request.headers), Object.fromEntries(told));
  response.setHeader("x-devstack-hop", ascii(JSON.stringify(whole)));
  response.setHeader("content-type", "text/html; charset=utf-8").end("<h1>A page of ours</h1>\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  createServer((request, response) => {
    if (request.url === "/healthz") response.writeHead(204).end();
    else answered(request, response);
  }).listen(Number(env.PORT ?? 8080));
}
