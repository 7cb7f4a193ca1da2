-- Prefect keeps its history apart; it can be lost without harm.
CREATE DATABASE prefect;
\connect prefect
CREATE EXTENSION IF NOT EXISTS pg_trgm;
