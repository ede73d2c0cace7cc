// Worlds that once broke a promise: played in every test run. They are kept as they were, because what a seed means changes
// with the simulation.
import { readFileSync } from 'node:fs'
import type { Scenario } from './scenario.ts'
import type { Shrunk } from './shrink.ts'

export interface Kept {
  seed: number
  /** What it broke. */
  broke: string
  scenario: Scenario
}

export function readKept(): Kept[] {
  return JSON.parse(readFileSync(new URL('kept.json', import.meta.url), 'utf8')) as Kept[]
}

/** The text of the list with one more. */
export function keptWith({ seed, scenario, outcome }: Shrunk & { seed: number }): string {
  const kept = [...readKept(), { seed, broke: outcome.failure?.what ?? '', scenario }]
  return `${JSON.stringify(kept, null, 2)}\n`
}
