// What is known of templates, page by page. Apart from what asks providers, so that who only reads loads no provider.
import { z } from 'zod'
import { AppError } from '../../domain/errors.ts'
import { formatInstant } from '../../domain/instant.ts'
import type { ProviderTemplate } from '../../domain/template.ts'
import { getSender, listSendersById } from '../../store/senders.ts'
import { listTemplatePage, type TemplatePlace, type TemplateRow } from '../../store/templates.ts'
import type { Context } from '../context.ts'

/** Null in it is what the provider does not tell. */
export interface TemplateView extends Required<ProviderTemplate> {
  sender: string
  updatedAt: string
}

/** A page of what is known of the templates of one sender, or of all, after the place that a page before ended with. */
export async function pageTemplates(
  ctx: Context,
  page: { sender?: string | undefined; after?: string | undefined; limit: number },
): Promise<(TemplateView & { place: string })[]> {
  return ctx.db.read(async (tx) => {
    const senderId = page.sender === undefined ? undefined : (await getSender(tx, page.sender)).id
    const after = page.after === undefined ? undefined : placeOf(page.after)
    const rows = await listTemplatePage(tx, { senderId, after, limit: page.limit })
    const senders = await listSendersById(tx, [...new Set(rows.map((row) => row.senderId))])
    return rows.map((row) => ({
      ...viewTemplate(row, senders.find(({ id }) => id === row.senderId)?.name ?? ''),
      place: JSON.stringify([row.senderId, row.name, row.language]),
    }))
  })
}

function placeOf(text: string): TemplatePlace {
  const place = placeSchema.safeParse(parseJson(text))
  if (!place.success) throw new AppError('cursor.invalid', 'the cursor does not belong to this list')
  const [senderId, name, language] = place.data
  return { senderId, name, language }
}

const placeSchema = z.tuple([z.int(), z.string(), z.string()])

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function viewTemplate(row: TemplateRow, sender: string): TemplateView {
  const { id: _id, senderId: _sender, ...told } = row
  return { sender, ...told, updatedAt: formatInstant(row.updatedAt) }
}
