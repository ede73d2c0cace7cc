// `npm run db:new -- what-it-does` compares src/store/schema.ts with the migrations and writes the next one.
import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'sqlite',
  schema: './src/store/schema.ts',
  out: './migrations/sqlite',
})
