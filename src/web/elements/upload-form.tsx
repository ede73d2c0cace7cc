// The form that takes a file: dropped or chosen, with progress when scripts run, as a plain form when they do not.
import type { Child } from 'hono/jsx'
import { onceKey } from '../once.ts'
import type { FormErrors, PageContext } from '../page.ts'
import { FormToken, WholeError } from './form.tsx'

interface UploadFormProps {
  c: PageContext
  action: string
  errors: FormErrors
  /** Of the button. */
  label: string
  /** Said within the area that takes the file. */
  invitation: string
  /** Fields before the file: they are read first. */
  children?: Child
  /** Where a script goes with the id of what it uploaded; without it the whole form is sent as it is. */
  next?: string
}

export function UploadForm({ c, action, errors, label, invitation, children, next }: UploadFormProps) {
  return (
    <form
      method="post"
      action={`${action}?once=${onceKey(c)}`}
      enctype="multipart/form-data"
      class="upload"
      {...(next !== undefined && { 'data-upload': next })}
    >
      <FormToken c={c} />
      <WholeError errors={errors} />
      {children}
      <div class="drop">
        <label for="file">{invitation}</label>
        <input type="file" id="file" name="file" accept=".csv,.txt,.tsv,.xlsx,text/csv,text/plain" required />
      </div>
      <div class="upload-state" hidden>
        <progress aria-label="Upload" max="100" value="0" />
        <p role="status" aria-live="polite" />
      </div>
      <button type="submit">{label}</button>
    </form>
  )
}
