-- The three databases, their roles and who may enter which. Safe to run again: it creates what is missing and sets the
-- passwords. psql runs it for compose (10-provision.sh); packages/stack runs the same file for `npm start`, and knows of
-- psql only :'name' and \gexec.

-- The group the migrations grant to: tables are open to "the service whose database this is", by whatever login.
select 'create role evergrant_service nologin'
where not exists (select from pg_roles where rolname = 'evergrant_service') \gexec

-- Owns the databases and everything the migrations make; no service process has its password.
select 'create role evergrant_migrator login'
where not exists (select from pg_roles where rolname = 'evergrant_migrator') \gexec
select 'create role oauth_service login'
where not exists (select from pg_roles where rolname = 'oauth_service') \gexec
select 'create role token_service login'
where not exists (select from pg_roles where rolname = 'token_service') \gexec
select 'create role calendar_service login'
where not exists (select from pg_roles where rolname = 'calendar_service') \gexec

alter role evergrant_migrator with login password :'migrator_password';
alter role oauth_service with login password :'oauth_service_password';
alter role token_service with login password :'token_service_password';
alter role calendar_service with login password :'calendar_service_password';
grant evergrant_service to oauth_service, token_service, calendar_service;

-- Without this an admin who is no superuser could not give a database away.
grant evergrant_migrator to current_user;

select 'create database oauth owner evergrant_migrator encoding ''UTF8'' template template0'
where not exists (select from pg_database where datname = 'oauth') \gexec
select 'create database token owner evergrant_migrator encoding ''UTF8'' template template0'
where not exists (select from pg_database where datname = 'token') \gexec
select 'create database calendar owner evergrant_migrator encoding ''UTF8'' template template0'
where not exists (select from pg_database where datname = 'calendar') \gexec

-- Every role shares one group, so it is CONNECT that keeps a service out of its neighbour's database.
revoke all on database oauth, token, calendar from public;
grant connect on database oauth to oauth_service;
grant connect on database token to token_service;
grant connect on database calendar to calendar_service;
