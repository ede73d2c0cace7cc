// `needs`: what waits for a person, as the overview of the pages shows it, each with the command that deals with it.
import type { Command } from 'commander'
import { needText } from '../../engine/service/need-words.ts'
import { type NeedKind, needsOf } from '../../engine/service/needs.ts'
import { action } from '../host.ts'

const nextCommands: Record<NeedKind, (id: string | null) => string> = {
  campaign: (id) => (id === null ? 'herald campaigns list --status paused' : `herald campaigns show ${id}`),
  sender: (id) => (id === null ? 'herald senders list' : `herald senders show ${id}`),
  unknown: () => 'herald unknown list',
  replies: () => 'herald replies list --open',
  templates: () => 'herald templates list',
  import: (id) => (id === null ? 'herald imports list' : `herald imports show ${id} --rejects rejects.csv`),
}

/** The command that deals with a need: with the one thing of the id, or with many alike. */
export function nextCommand(kind: NeedKind, id: string | null): string {
  return nextCommands[kind](id)
}

export function addNeeds(program: Command): void {
  program.command('needs').action(
    action(async (host) => {
      const found = await host.withApp((app) => needsOf(app.ctx))
      const needs = found.map((need) => ({ ...need, text: needText(need) }))
      host.output.result({ needs }, () =>
        host.output.table(
          ['what', 'next'],
          needs.map((need) => [need.text, nextCommand(need.kind, need.id)]),
          'Nothing needs you.',
        ),
      )
    }),
  )
}
