// One field to look for something with: a plain form that asks for the same page again.
interface SearchFormProps {
  /** Of the page that answers; this one when it is left out. */
  action?: string
  name: string
  label: string
  /** Of the button. */
  verb: string
  value?: string
  placeholder: string
  type?: 'search' | 'tel'
}

export function SearchForm({ action, name, label, verb, value = '', placeholder, type = 'search' }: SearchFormProps) {
  const id = `search-${name}`
  return (
    <search>
      <form method="get" class="find" {...(action !== undefined && { action })}>
        <div class="field">
          <label for={id}>{label}</label>
          <input id={id} name={name} type={type} value={value} placeholder={placeholder} maxlength={200} />
        </div>
        <button class="second" type="submit">
          {verb}
        </button>
      </form>
    </search>
  )
}
