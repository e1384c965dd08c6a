--
-- PostgreSQL database dump
--

\restrict 80123456789abcdef

-- Dumped from database version 15.18
-- Dumped by pg_dump version 15.18

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: shop; Type: SCHEMA; Schema: -; Owner: shop
--

CREATE SCHEMA shop;


ALTER SCHEMA shop OWNER TO shop;

--
-- Name: pgcrypto; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;


--
-- Name: EXTENSION pgcrypto; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION pgcrypto IS 'cryptographic functions';


--
-- Name: state; Type: TYPE; Schema: shop; Owner: shop
--

CREATE TYPE shop.state AS ENUM (
    'new',
    'paid'
);


ALTER TYPE shop.state OWNER TO shop;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: orders; Type: TABLE; Schema: shop; Owner: shop
--

CREATE TABLE shop.orders (
    id bigint NOT NULL,
    customer integer,
    state shop.state DEFAULT 'new'::shop.state,
    at timestamp with time zone DEFAULT now()
);


ALTER TABLE shop.orders OWNER TO shop;

--
-- Name: TABLE orders; Type: COMMENT; Schema: shop; Owner: shop
--

COMMENT ON TABLE shop.orders IS 'a; b -- c';


--
-- Name: total(integer); Type: FUNCTION; Schema: shop; Owner: shop
--

CREATE FUNCTION shop.total(integer) RETURNS bigint
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT count(*) AS count
    FROM shop.orders
   WHERE (orders.customer = $1);
END;


ALTER FUNCTION shop.total(integer) OWNER TO shop;

--
-- Name: touch(); Type: FUNCTION; Schema: shop; Owner: shop
--

CREATE FUNCTION shop.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ begin new.at := now(); return new; end; $$;


ALTER FUNCTION shop.touch() OWNER TO shop;

--
-- Name: customers; Type: TABLE; Schema: shop; Owner: shop
--

CREATE TABLE shop.customers (
    id integer NOT NULL,
    name text NOT NULL,
    note text
);


ALTER TABLE shop.customers OWNER TO shop;

--
-- Name: busy; Type: VIEW; Schema: shop; Owner: shop
--

CREATE VIEW shop.busy AS
 SELECT customers.name,
    shop.total(customers.id) AS total
   FROM shop.customers;


ALTER TABLE shop.busy OWNER TO shop;

--
-- Name: customers_id_seq; Type: SEQUENCE; Schema: shop; Owner: shop
--

CREATE SEQUENCE shop.customers_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE shop.customers_id_seq OWNER TO shop;

--
-- Name: customers_id_seq; Type: SEQUENCE OWNED BY; Schema: shop; Owner: shop
--

ALTER SEQUENCE shop.customers_id_seq OWNED BY shop.customers.id;


--
-- Name: orders_id_seq; Type: SEQUENCE; Schema: shop; Owner: shop
--

ALTER TABLE shop.orders ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME shop.orders_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: customers id; Type: DEFAULT; Schema: shop; Owner: shop
--

ALTER TABLE ONLY shop.customers ALTER COLUMN id SET DEFAULT nextval('shop.customers_id_seq'::regclass);


--
-- Name: 4711; Type: BLOB; Schema: -; Owner: shop
--

SELECT pg_catalog.lo_create('4711');


ALTER LARGE OBJECT 4711 OWNER TO shop;

--
-- Data for Name: customers; Type: TABLE DATA; Schema: shop; Owner: shop
--

COPY shop.customers (id, name, note) FROM stdin;
1	Åsa	tab\there; "quoted" back\\slash
2	O'Hara	\N
\.


--
-- Data for Name: orders; Type: TABLE DATA; Schema: shop; Owner: shop
--

COPY shop.orders (id, customer, state, at) FROM stdin;
1	1	new	2026-11-25 00:32:05.682151+00
2	2	new	2026-11-25 00:32:05.682151+00
3	2	new	2026-11-25 00:32:05.682151+00
\.


--
-- Name: customers_id_seq; Type: SEQUENCE SET; Schema: shop; Owner: shop
--

SELECT pg_catalog.setval('shop.customers_id_seq', 2, true);


--
-- Name: orders_id_seq; Type: SEQUENCE SET; Schema: shop; Owner: shop
--

SELECT pg_catalog.setval('shop.orders_id_seq', 3, true);


--
-- Data for Name: BLOBS; Type: BLOBS; Schema: -; Owner: -
--

BEGIN;

SELECT pg_catalog.lo_open('4711', 131072);
SELECT pg_catalog.lo_close(0);

COMMIT;

--
-- Name: customers customers_pkey; Type: CONSTRAINT; Schema: shop; Owner: shop
--

ALTER TABLE ONLY shop.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (id);


--
-- Name: orders orders_pkey; Type: CONSTRAINT; Schema: shop; Owner: shop
--

ALTER TABLE ONLY shop.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);


--
-- Name: customers quiet; Type: RULE; Schema: shop; Owner: shop
--

CREATE RULE quiet AS
    ON DELETE TO shop.customers DO INSTEAD ( UPDATE shop.customers SET note = 'gone'::text
  WHERE (customers.id = old.id);
 SELECT 1 AS "?column?";
);


--
-- Name: orders touch; Type: TRIGGER; Schema: shop; Owner: shop
--

CREATE TRIGGER touch BEFORE UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.touch();


--
-- Name: orders orders_customer_fkey; Type: FK CONSTRAINT; Schema: shop; Owner: shop
--

ALTER TABLE ONLY shop.orders
    ADD CONSTRAINT orders_customer_fkey FOREIGN KEY (customer) REFERENCES shop.customers(id);


--
-- Name: TABLE orders; Type: ACL; Schema: shop; Owner: shop
--

GRANT SELECT ON TABLE shop.orders TO reader_of_dump;


--
-- PostgreSQL database dump complete
--

\unrestrict 80123456789abcdef

