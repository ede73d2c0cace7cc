// Which database the tests run on: SQLite, or with HERALD_TEST_STORE=postgres a server (postgres-server.ts). What only files can
// do is left out there, with its reason.

export const isOnPostgres = process.env.HERALD_TEST_STORE === 'postgres'
