// Fields that were typed on another page and go along with the next form.
import { type Form, isCarried } from '../page.ts'

export function Carried({ fields }: { fields: Form }) {
  return (
    <>
      {Object.entries(fields)
        .filter(([name]) => isCarried(name))
        .map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
    </>
  )
}
