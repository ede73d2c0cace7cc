// What an operator asks of a sender's account at the provider: its state, the address for callbacks, files for messages.
import { readFile, stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import type { AccountFact } from '../../providers/provider.ts'
import { cannot, takeValue } from './provider-answer.ts'
import type { SenderConnections } from './sender-connections.ts'

/** WhatsApp's largest document. */
const FILE_BYTES_MAX = 100 * 1024 * 1024

/** By the end of the name; WhatsApp takes no other kinds. */
const mimeTypes: Record<string, string> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.mp4': 'video/mp4',
  '.3gp': 'video/3gpp',
  '.aac': 'audio/aac',
  '.amr': 'audio/amr',
  '.mp3': 'audio/mpeg',
  '.m4a': 'audio/mp4',
  '.ogg': 'audio/ogg',
  '.opus': 'audio/ogg',
  '.pdf': 'application/pdf',
  '.txt': 'text/plain',
  '.doc': 'application/msword',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.xls': 'application/vnd.ms-excel',
  '.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  '.ppt': 'application/vnd.ms-powerpoint',
  '.pptx': 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
}

export interface SenderCheck {
  sender: string
  provider: string
  /** False when one of the facts keeps everything from being sent. */
  ok: boolean
  facts: AccountFact[]
}

/** Throws AppError provider.*. */
export async function checkSender(connections: SenderConnections, name: string): Promise<SenderCheck> {
  const { sender, provider, driver } = await connections.getByName(name)
  if (driver.checkAccount === undefined) throw cannot(provider, 'tell of its account')
  const facts = takeValue(await driver.checkAccount(), provider)
  return { sender: sender.name, provider: provider.name, ok: facts.every((fact) => !fact.isProblem), facts }
}

/** Registers the address for callbacks, that of the sender unless another is named. Throws AppError provider.*. */
export async function setSenderWebhook(
  connections: SenderConnections,
  { name, url }: { name: string; url: string },
): Promise<{ sender: string; url: string }> {
  const { sender, provider, driver } = await connections.getByName(name)
  if (driver.setWebhook === undefined)
    throw new AppError('provider.cannot', `${provider.title} has no call that sets the address for callbacks`, {
      hint: `Enter ${url} at the provider by hand: docs/providers/${provider.name}.md.`,
    })
  return { sender: sender.name, url: takeValue(await driver.setWebhook(url), provider).url }
}

/** Takes the address for callbacks back, that of the sender unless another is named. Throws AppError provider.*. */
export async function clearSenderWebhook(
  connections: SenderConnections,
  { name, url }: { name: string; url: string },
): Promise<{ sender: string; url: string; others: string[] }> {
  const { sender, provider, driver } = await connections.getByName(name)
  if (driver.clearWebhook === undefined)
    throw new AppError('provider.cannot', `${provider.title} has no call that takes an address for callbacks back`, {
      hint: `Remove ${url} at the provider by hand: docs/providers/${provider.name}.md.`,
    })
  return { sender: sender.name, ...takeValue(await driver.clearWebhook(url), provider) }
}

export interface UploadedMedia {
  sender: string
  mediaId: string
  mimeType: string
  bytes: number
}

/** Keeps a file at the provider, so that messages name it by `mediaId`. Throws AppError file.*, provider.*. */
export async function uploadMedia(
  connections: SenderConnections,
  { name, path }: { name: string; path: string },
): Promise<UploadedMedia> {
  const { sender, provider, driver } = await connections.getByName(name)
  if (driver.uploadMedia === undefined) throw cannot(provider, 'keep files')
  const mimeType = mimeTypes[extname(path).toLowerCase()]
  if (mimeType === undefined)
    throw new AppError('file.not_readable', `WhatsApp takes no files like ${basename(path)}`, {
      hint: `Known endings: ${Object.keys(mimeTypes).join(' ')}.`,
    })
  const bytes = await readBounded(path)
  const { mediaId } = takeValue(await driver.uploadMedia({ bytes, mimeType, filename: basename(path) }), provider)
  return { sender: sender.name, mediaId, mimeType, bytes: bytes.length }
}

async function readBounded(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size > FILE_BYTES_MAX)
      throw new AppError('file.not_readable', `${path} has ${size} bytes, at most ${FILE_BYTES_MAX}`)
    return await readFile(path)
  } catch (error) {
    if (error instanceof AppError) throw error
    const isMissing = (error as { code?: string }).code === 'ENOENT'
    const what = isMissing ? `there is no file ${path}` : `cannot read ${path}`
    throw new AppError(isMissing ? 'file.not_found' : 'file.not_readable', what, { cause: error })
  }
}
