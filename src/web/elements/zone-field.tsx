// A field for a time zone: it offers the zone of the browser first, then those of the account and the team. Scripts add
// all others (app.js); without scripts a zone is typed, and the error for a misspelt one suggests the right one.
import type { FormErrors } from '../page.ts'
import { Field } from './form.tsx'

interface ZoneFieldProps {
  name: string
  label: string
  value: string
  /** What it offers first. */
  near: readonly string[]
  help?: string
  errors?: FormErrors
  required?: boolean
}

export function ZoneField({ near, ...props }: ZoneFieldProps) {
  const list = `${props.name}-zones`
  return (
    <>
      <Field {...props} autocomplete="off" extra={{ list, spellcheck: 'false' }} />
      <datalist id={list} data-zones="">
        {near.map((zone) => (
          <option value={zone} />
        ))}
      </datalist>
    </>
  )
}
