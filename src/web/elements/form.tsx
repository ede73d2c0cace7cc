// Fields of forms: the label above, the help below, what is wrong right beside.
import type { Child } from 'hono/jsx'
import { onceKey } from '../once.ts'
import type { FormErrors, PageContext } from '../page.ts'

/** What every form carries: the token of the login, a key by which it works once, and the version of what it edits. */
export function FormToken({ c, version }: { c: PageContext; version?: string | undefined }) {
  return (
    <>
      <input type="hidden" name="csrf" value={c.get('principal')?.session?.csrfToken ?? ''} />
      <input type="hidden" name="once" value={onceKey(c)} />
      {version !== undefined && <input type="hidden" name="version" value={version} />}
    </>
  )
}

interface FieldProps {
  name: string
  label: string
  value?: string | undefined
  type?: string
  help?: Child
  errors?: FormErrors
  required?: boolean
  autocomplete?: string
  placeholder?: string
  /** Several lines of text. */
  rows?: number
  /** Attributes of the input for what is particular. */
  extra?: Record<string, string | number | boolean>
}

export function Field({ name, label, value, type = 'text', help, errors, required, rows, extra, ...rest }: FieldProps) {
  const error = errors?.fields[name]
  const described = [help === undefined ? '' : `${name}-help`, error === undefined ? '' : `${name}-error`]
  const attributes = {
    id: name,
    name,
    required,
    'aria-invalid': error === undefined ? undefined : ('true' as const),
    'aria-describedby': described.filter(Boolean).join(' ') || undefined,
    ...rest,
    ...extra,
  }
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {rows === undefined ? (
        <input type={type} value={value ?? ''} {...attributes} />
      ) : (
        <textarea rows={rows} {...attributes}>
          {/* Browsers leave out a line break right behind the tag. */}
          {`\n${value ?? ''}`}
        </textarea>
      )}
      <Beside name={name} help={help} error={error} />
    </div>
  )
}

interface SelectProps {
  name: string
  label: string
  value?: string | undefined
  options: readonly (readonly [value: string, label: string])[]
  help?: Child
  errors?: FormErrors
  extra?: Record<string, string | number | boolean>
}

export function Select({ name, label, value, options, help, errors, extra }: SelectProps) {
  const error = errors?.fields[name]
  const described = [help === undefined ? '' : `${name}-help`, error === undefined ? '' : `${name}-error`]
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <select
        id={name}
        name={name}
        aria-invalid={error === undefined ? undefined : ('true' as const)}
        aria-describedby={described.filter(Boolean).join(' ') || undefined}
        {...extra}
      >
        {options.map(([option, text]) => (
          <option value={option} selected={option === value}>
            {text}
          </option>
        ))}
      </select>
      <Beside name={name} help={help} error={error} />
    </div>
  )
}

interface CheckProps {
  name: string
  label: Child
  isChecked?: boolean
  value?: string
  help?: Child
  /** The form cannot be sent until it is ticked. */
  required?: boolean
}

export function Check({ name, label, isChecked = false, value = 'yes', help, required }: CheckProps) {
  const id = `${name}-${value}`
  return (
    <div class="check">
      <input type="checkbox" id={id} name={name} value={value} checked={isChecked} required={required} />
      <label for={id}>{label}</label>
      {help !== undefined && <p class="help">{help}</p>}
    </div>
  )
}

function Beside({ name, help, error }: { name: string; help?: Child; error?: string | undefined }) {
  return (
    <>
      {help !== undefined && (
        <p class="help" id={`${name}-help`}>
          {help}
        </p>
      )}
      {error !== undefined && (
        <p class="error" id={`${name}-error`}>
          {error}
        </p>
      )}
    </>
  )
}

/** What is wrong with the whole of a form. */
export function WholeError({ errors }: { errors: FormErrors }) {
  if (errors.whole === undefined) return <></>
  return (
    <p class="error whole" role="alert">
      {errors.whole}
    </p>
  )
}
