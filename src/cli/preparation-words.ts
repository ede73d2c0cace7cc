// What was done to the database before a command began, in words for stderr.
import type { Preparation } from '../domain/preparation.ts'

export function preparationWords(preparation: Preparation): string {
  switch (preparation.kind) {
    case 'folder_closed':
      return `other users of this machine could look into ${preparation.path} (mode ${preparation.from}); its mode is ${preparation.to} now`
    case 'created':
      return `a new database: ${preparation.path}`
    case 'completed':
      return `the creation of ${preparation.path} had been interrupted; it is finished`
    case 'migrated':
      return migrationWords(preparation)
  }
}

function migrationWords({ path, from, to, copy, removed }: Extract<Preparation, { kind: 'migrated' }>): string {
  const done = `${path} was upgraded from schema ${from} to ${to}`
  const kept = copy === null ? '' : `; as it was before: ${copy}`
  return `${done}${kept}${removed.length === 0 ? '' : `; deleted: ${removed.join(', ')}`}`
}
