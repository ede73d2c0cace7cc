// The definition of a campaign as it is stored: JSON, which may have been changed by hand.
import { customType } from 'drizzle-orm/sqlite-core'

/** What is no JSON reads as its text: refused like any other definition that is none, where it is used. */
export function readDefinition(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export const definitionColumn = customType<{ data: unknown; driverData: string }>({
  dataType: () => 'text',
  toDriver: (definition) => JSON.stringify(definition),
  fromDriver: readDefinition,
})
