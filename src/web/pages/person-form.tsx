// A person added or changed by hand: number, fields, and the lists they are in.
import { Hono } from 'hono'
import { formatRecipient } from '../../domain/group.ts'
import { type ContactView, showContact } from '../../engine/contacts/contacts.ts'
import { addContact, type ContactChange, editContact } from '../../engine/contacts/edit-contact.ts'
import { showListNames } from '../../engine/contacts/lists.ts'
import { acts } from '../acts.ts'
import { Check, Field, FormToken, WholeError } from '../elements/form.tsx'
import { renderPage } from '../layout.tsx'
import {
  errorsByCode,
  type Form,
  type FormErrors,
  noErrors,
  opens,
  type PageContext,
  type PageEnv,
  type PageFacts,
  readForm,
  redirectWithNote,
  seenIn,
} from '../page.ts'
import { statusOf } from '../status-of.ts'

const LISTS_OFFERED = 200
/** Offered for a new person. */
const FIRST_FIELDS = ['first_name', 'last_name']

export function personFormPages({ ctx }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages.get('/contacts/new', opens('edit'), async (c) =>
    formPage(c, { form: { list: c.req.query('list') ?? '' }, lists: await showListNames(ctx, LISTS_OFFERED) }),
  )
  pages.post('/contacts/new', opens('edit'), acts('saves'), async (c) => {
    const form = await readForm(c)
    try {
      const { phone = '', list = '' } = form
      const added = await addContact(ctx, { phone, attributes: attributesIn(form), addTo: namesIn(list) })
      return redirectWithNote(c, `/contacts/${added.id}`, `${added.phone} was added.`)
    } catch (error) {
      const lists = await showListNames(ctx, LISTS_OFFERED)
      return formPage(c, { form, lists, errors: errorsByCode(error, fieldOfCode), status: statusOf(error) })
    }
  })
  pages.get('/contacts/:contact/edit', opens('edit'), async (c) => {
    const contact = await showContact(ctx, c.req.param('contact'))
    return formPage(c, { contact, form: formOf(contact), lists: await showListNames(ctx, LISTS_OFFERED) })
  })
  pages.post('/contacts/:contact/edit', opens('edit'), acts('saves'), async (c) => {
    const form = await readForm(c)
    const contact = await showContact(ctx, c.req.param('contact'))
    try {
      const { id } = await editContact(ctx, contact.id, { ...changeOf(form, contact), seen: seenIn(form) })
      return redirectWithNote(c, `/contacts/${id}`, 'Saved.')
    } catch (error) {
      const lists = await showListNames(ctx, LISTS_OFFERED)
      return formPage(c, { contact, form, lists, errors: errorsByCode(error, fieldOfCode), status: statusOf(error) })
    }
  })
  return pages
}

function fieldOfCode(code: string): string | undefined {
  if (code.startsWith('phone.')) return 'phone'
  return code.startsWith('list.') ? 'list' : undefined
}

/** The form has a name and a value input for each field. */
function attributesIn(form: Form): Record<string, string> {
  const values: Record<string, string> = {}
  for (const [key, value] of Object.entries(form)) {
    const [, index] = /^name(\d+)$/.exec(key) ?? []
    const name = (value ?? '').trim()
    if (index !== undefined && name !== '') values[name] = (form[`value${index}`] ?? '').trim()
  }
  return values
}

/** One a line, or separated by commas. */
function namesIn(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((name) => name.trim())
    .filter(Boolean)
}

function formOf({ attributes }: ContactView): Form {
  const fields = Object.entries(attributes).flatMap(([name, value], index) => [
    [`name${index}`, name],
    [`value${index}`, value],
  ])
  return Object.fromEntries(fields)
}

/** Unticking a list removes the person from it. */
function changeOf(form: Form, { lists }: ContactView): ContactChange {
  const kept = namesIn(form.keep ?? '')
  return {
    attributes: attributesIn(form),
    addTo: namesIn(form.list ?? ''),
    removeFrom: lists.filter((name) => !kept.includes(name)),
  }
}

interface PersonForm {
  contact?: ContactView
  form: Form
  lists: readonly string[]
  errors?: FormErrors
  status?: number
}

function formPage(c: PageContext, { contact, form, lists, errors = noErrors, status = 200 }: PersonForm) {
  const names = Object.keys(form).flatMap((key) => /^name(\d+)$/.exec(key)?.[1] ?? [])
  const rows = contact === undefined && names.length === 0 ? FIRST_FIELDS.map((_, index) => String(index)) : names
  const next = String(Math.max(-1, ...rows.map(Number)) + 1)
  return renderPage(
    c,
    { title: contact === undefined ? 'Add a person' : `Edit ${contact.phone}` },
    <div class="decide">
      <form method="post">
        <FormToken c={c} version={contact?.version} />
        <WholeError errors={errors} />
        {contact === undefined && (
          <Field
            name="phone"
            label="Phone"
            type="tel"
            value={form.phone}
            required
            errors={errors}
            placeholder="+44 7700 900123"
          />
        )}
        <fieldset>
          <legend>Fields</legend>
          {[...rows, next].map((index) => (
            <div class="row">
              <Field
                name={`name${index}`}
                label="Field"
                value={form[`name${index}`] ?? FIRST_FIELDS[Number(index)]}
                extra={{ maxlength: 64 }}
              />
              <Field name={`value${index}`} label="Value" value={form[`value${index}`]} />
            </div>
          ))}
          <p class="help">Leave a value empty to remove the field.</p>
        </fieldset>
        {contact !== undefined && contact.lists.length > 0 && (
          <fieldset>
            <legend>In these lists</legend>
            {contact.lists.map((name) => (
              <Check
                name="keep"
                value={name}
                label={<bdi>{name}</bdi>}
                isChecked={form.keep === undefined ? errors === noErrors : namesIn(form.keep).includes(name)}
              />
            ))}
          </fieldset>
        )}
        <Field
          name="list"
          label={contact === undefined ? 'Into which lists' : 'Add to lists'}
          value={form.list}
          errors={errors}
          help="Separate several with a comma. A new name creates a list."
          extra={{ list: 'lists' }}
          autocomplete="off"
        />
        <datalist id="lists">
          {lists.map((name) => (
            <option value={name} />
          ))}
        </datalist>
        <p class="actions">
          <button type="submit">{contact === undefined ? 'Add the person' : 'Save'}</button>
          <a
            class="button second"
            href={
              contact === undefined ? '/contacts' : `/contacts/${encodeURIComponent(formatRecipient(contact.phone))}`
            }
          >
            Cancel
          </a>
        </p>
      </form>
    </div>,
    status,
  )
}
