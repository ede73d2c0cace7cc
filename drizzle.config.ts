// `npm run db:new -- what-it-does` compares the schema with the migrations and writes the next one; HERALD_DIALECT=postgres
// does the same for PostgreSQL.
import { defineConfig } from 'drizzle-kit'

export default process.env.HERALD_DIALECT === 'postgres'
  ? defineConfig({ dialect: 'postgresql', schema: './src/store/schema-postgres.ts', out: './migrations/postgres' })
  : defineConfig({ dialect: 'sqlite', schema: './src/store/schema.ts', out: './migrations/sqlite' })
