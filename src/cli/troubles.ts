// What fails and is tried again by itself, a line each.
import type { TroubleView } from '../engine/duties/show-troubles.ts'
import type { Output } from './output.ts'

export function showTroubles(output: Output, troubles: readonly TroubleView[]): void {
  for (const { work, message, hint, since, nextTryAt } of troubles) {
    output.line(output.colors.red(`${work} fails since ${since}: ${message}`))
    output.line(`${hint ?? 'The log says more.'} Herald tries again at ${nextTryAt}.`)
  }
}
