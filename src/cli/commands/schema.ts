// `schema`: JSON Schema of campaign and sender files, for editors.
import type { Command } from 'commander'
import { z } from 'zod'
import { newCampaignSchema } from '../../domain/campaign.ts'
import { senderSchema } from '../../engine/senders/senders.ts'
import { oneOf } from '../arguments.ts'
import { action } from '../host.ts'

const schemas = { campaign: newCampaignSchema, sender: senderSchema }

export function addSchema(program: Command): void {
  program
    .command('schema')
    .argument('<what>', 'campaign or sender', oneOf(['campaign', 'sender'] as const))
    .action(
      action(async (_host, what: keyof typeof schemas) => {
        const schema = z.toJSONSchema(schemas[what], { io: 'input', unrepresentable: 'any' })
        process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`)
      }),
    )
}
