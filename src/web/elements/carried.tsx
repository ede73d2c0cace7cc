// Fields that were typed on another page and go along with the next form.
import type { Form } from '../page.ts'

/** What a page adds by itself. */
const ownFields = new Set(['csrf', 'sure', 'once'])

export function Carried({ fields }: { fields: Form }) {
  return (
    <>
      {Object.entries(fields)
        .filter(([name]) => !ownFields.has(name))
        .map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
    </>
  )
}
