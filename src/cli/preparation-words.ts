// What was done to the database before a command began, in words for stderr.
import type { Preparation } from '../domain/preparation.ts'

export function preparationWords(preparation: Preparation): string {
  switch (preparation.kind) {
    case 'created':
      return `a new database: ${preparation.path}`
    case 'completed':
      return `the creation of ${preparation.path} had been interrupted; it is finished`
  }
}
