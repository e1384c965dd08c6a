// Reads a flowchart from standard input with Mermaid's own parser (its file is the argument) and prints what it found as
// JSON. Mermaid asks a browser to clean its texts; what stands in for one here leaves them as they are.
import { readFileSync } from "node:fs";
import vm from "node:vm";

const body = (text) => ({
  nodeType: 1, nodeName: "BODY", innerHTML: text.replace(/^<remove><\/remove>/, ""), ownerDocument: globalThis.document,
  insertBefore() {}, removeChild() {}, getElementsByTagName: () => [],
});
globalThis.window = globalThis;
globalThis.document = {
  nodeType: 9, readyState: "loading", currentScript: null, implementation: {}, addEventListener() {},
  createElement: () => ({ content: {} }), createDocumentFragment() {},
  createNodeIterator: () => ({ nextNode: () => null }),
  getElementsByTagName() { return [this.body]; },
};
globalThis.addEventListener = () => {};
for (const name of ["Element", "Node", "DocumentFragment", "HTMLFormElement", "NamedNodeMap"]) globalThis[name] = class {};
globalThis.NodeFilter = {};
globalThis.DOMParser = class {
  parseFromString(text) {
    const made = body(text);
    return { body: made, documentElement: made, getElementsByTagName: () => [made] };
  }
};
vm.runInThisContext(readFileSync(process.argv[2], "utf8"));
const text = readFileSync(0, "utf8");
await globalThis.mermaid.parse(text);
const { type, db } = await globalThis.mermaid.mermaidAPI.getDiagramFromText(text);
const written = (text) => text.replace(/ﬂ°°(\d+)¶ß/g, (_, code) => String.fromCodePoint(Number(code)));
console.log(JSON.stringify({
  type,
  nodes: [...db.getVertices().values()].map(({ id, text, type: shape, classes }) => [id, written(text), shape, classes]),
  arrows: db.getEdges().map(({ start, end, text, stroke }) => [start, end, written(text), stroke]),
}));
