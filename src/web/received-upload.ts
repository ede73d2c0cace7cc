// A file that came by a form: its token is looked at before a byte of it is kept. What was typed beside it is never lost.
import { AppError } from '../domain/errors.ts'
import { checkFormToken } from '../engine/accounts/guard.ts'
import { readFormWithFile } from '../engine/import/received-form.ts'
import { deleteUpload, findUpload, storeUpload, type UploadView, withPatience } from '../engine/import/uploads.ts'
import { type Form, type PageContext, type PageFacts, principalOf, readFields } from './page.ts'

export interface ReceivedUpload {
  /** What stood before the file. */
  fields: Form
  /** The file, or why it is not there. */
  upload: UploadView | AppError
}

export async function receiveUpload({ ctx }: PageFacts, c: PageContext): Promise<ReceivedUpload> {
  const contentType = c.req.header('content-type') ?? ''
  // It went through a login, which a file cannot.
  if (!/^multipart\//i.test(contentType))
    return { fields: await readFields(c), upload: fileAgain('file.not_found', 'Your login had ended') }
  const principal = principalOf(c)
  const { userId } = principal
  const body = withPatience(ctx, (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>)
  let typed: Form = {}
  try {
    const upload = await readFormWithFile(
      { body, contentType },
      {
        take: async ({ fileName, stream }, fields) => {
          typed = fields
          checkFormToken(principal, fields.csrf)
          return storeUpload(ctx, { userId, fileName }, stream)
        },
        discard: async ({ id }) => deleteUpload(ctx, await findUpload(ctx, id, userId)),
      },
    )
    return { fields: typed, upload }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const isOld = error.code === 'csrf.token'
    return {
      fields: typed,
      upload: isOld ? fileAgain('csrf.token', 'You logged in anew since this page was opened') : error,
    }
  }
}

function fileAgain(code: 'csrf.token' | 'file.not_found', why: string): AppError {
  return new AppError(code, `${why}: choose the file again, it was not kept. Nothing was done yet`)
}
