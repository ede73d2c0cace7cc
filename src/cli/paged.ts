// Commands that list: a page at a time, so that a long list is neither read nor printed whole unless you ask for it.
import type { Command } from 'commander'
import { text, wholeNumber } from './arguments.ts'
import type { Host } from './host.ts'

export interface PageFlags {
  limit?: number
  after?: string
}

const LIMIT_DEFAULT = 100
/** A page is read in blocks; beyond this `--after` goes on. */
const LIMIT_MAX = 100_000

/** Adds the flags; `last` says what names the last one of a page, such as `id`. */
export function paged(command: Command, last: string): Command {
  return command
    .option('--limit <n>', `at most this many (default ${LIMIT_DEFAULT})`, wholeNumber(1, LIMIT_MAX))
    .option(`--after <${last}>`, `go on after this one: the ${last} of the last one that you saw`, text)
}

export function limitOf({ limit = LIMIT_DEFAULT }: PageFlags): number {
  return limit
}

/** Cuts off what was read beyond the page, and says how to see it. */
export function cutPage<T>(host: Host, found: readonly T[], flags: PageFlags, nameOf: (item: T) => string): T[] {
  const shown = found.slice(0, limitOf(flags))
  const last = shown.at(-1)
  if (found.length > shown.length && last !== undefined)
    host.output.note(`There are more: go on with --after ${quoted(nameOf(last))}, or raise --limit.`)
  return shown
}

function quoted(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`
}
