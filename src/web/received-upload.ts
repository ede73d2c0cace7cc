// A file that came by a form: its token is looked at before a byte of it is kept.
import { checkFormToken } from '../engine/accounts/guard.ts'
import { readFormWithFile } from '../engine/import/received-form.ts'
import { deleteUpload, findUpload, storeUpload, type UploadView, withPatience } from '../engine/import/uploads.ts'
import { type Form, type PageContext, type PageFacts, principalOf } from './page.ts'

/** Throws AppError csrf.token, request.*. */
export async function receiveUpload({ ctx }: PageFacts, c: PageContext): Promise<{ upload: UploadView; fields: Form }> {
  const principal = principalOf(c)
  const { userId } = principal
  const body = withPatience(ctx, (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>)
  return readFormWithFile(
    { body, contentType: c.req.header('content-type') ?? '' },
    {
      take: async ({ fileName, stream }, fields) => {
        checkFormToken(principal, fields.csrf)
        return { upload: await storeUpload(ctx, { userId, fileName }, stream), fields }
      },
      discard: async ({ upload }) => deleteUpload(ctx, await findUpload(ctx, upload.id, userId)),
    },
  )
}
