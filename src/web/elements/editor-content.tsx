// The third step of the editor: what the message says, beside the chat in which a real person would read it.
import type { Child } from 'hono/jsx'
import type { ContentType } from '../../domain/content.ts'
import { type ContentField, contentFields, hiddenFields, pickedTemplate, shapeOf } from '../content-fields.ts'
import { inPageWords } from '../definition-words.ts'
import type { StepProps } from '../editor-looks.ts'
import { sentence } from '../error-words.ts'
import { fieldLabels } from '../field-labels.ts'
import type { Format } from '../format.ts'
import type { Form } from '../page.ts'
import {
  contentStepWords,
  contentWords,
  lengthHelp,
  previewWords,
  reasonText,
  templateWords,
  usedText,
} from '../words.ts'
import { ChatMessage, WhatsappText } from './chat.tsx'
import { Check, Field, Select } from './form.tsx'

export function ContentStep(props: StepProps & { type: ContentType; format: Format }) {
  const { facts, form, errors, looks, type, format } = props
  const sender = facts.senders.find(({ name }) => name === form['/sender'])
  const kinds = sender?.content ?? []
  const options = kinds.includes(type) ? kinds : [...kinds, type]
  const templates = facts.templates.filter((template) => template.sender === form['/sender'])
  const groups = contentFields(type, form, shapeOf(templates, form))
  const shown = new Set(groups.flatMap(({ fields }) => fields.map(({ name }) => name)))
  return (
    <section class="card step" id="step-content" data-looks="content">
      <h2>3. Content</h2>
      <div class="split">
        <div>
          <KindPick kinds={options} type={type} errors={errors} help={kindHelp(sender, type)} />
          <input type="hidden" name="content/was" value={type} />
          <input type="hidden" name="sender/was" value={form['/sender'] ?? ''} />
          <div id="look-session" class="look" role="status">
            <SessionLook looks={looks} sender={sender?.name ?? ''} format={format} />
          </div>
          {type === 'template' && templates.length > 0 && <TemplatePick templates={templates} form={form} />}
          <Placeholders facts={facts} form={form} />
          {groups.map(({ title, fields }) =>
            title === '' ? (
              <>{fields.map((field) => fieldOf(field, form, errors))}</>
            ) : (
              <fieldset>
                <legend>{title}</legend>
                {fields.map((field) => fieldOf(field, form, errors))}
              </fieldset>
            ),
          )}
          {hiddenFields(form, shown).map(([name, text]) => (
            <input type="hidden" name={name} value={text} />
          ))}
        </div>
        <div id="look-content" class="look">
          <PreviewLook looks={looks} />
        </div>
      </div>
    </section>
  )
}

type Sender = StepProps['facts']['senders'][number]

function kindHelp(sender: Sender | undefined, type: ContentType): string {
  if (sender === undefined) return 'Choose a sender first.'
  // Some names of providers tell apart, in parentheses, what only an operator needs to know.
  const provider = sender.provider.split(' (', 1)[0]
  if (sender.needsSession && type !== 'template')
    return `${provider} sends this only to people who wrote to you within 24 hours; templates go to everybody.`
  return `Everything that ${provider} can send.`
}

/** Whom this content would leave out for want of an open session, where it would most of them. */
function SessionLook({ looks, sender, format }: Pick<StepProps, 'looks'> & { sender: string; format: Format }) {
  const { session } = looks
  if (session === undefined || 'problem' in session) return null
  const { people, inSession } = session.value
  if (inSession === null || people === 0 || inSession * 2 > people) return null
  return (
    <p class="warning">
      {inSession === 0
        ? `Nobody in this audience has written to “${sender}” in the last 24 hours, so nobody would get this.`
        : `Only ${format.number(inSession)} of ${format.counted(people, 'person', 'people')} wrote to “${sender}” in the last 24 hours. The others would not get this.`}{' '}
      Use an approved template to reach everybody.
    </p>
  )
}

function fieldOf(field: ContentField, values: Form, errors: StepProps['errors']) {
  const { name, label, help, rows, isCheck, options, fixed, max } = field
  if (fixed !== undefined) return <input type="hidden" name={name} value={fixed} />
  if (isCheck) return <Check name={name} label={label} isChecked={values[name] === 'yes'} />
  const said = [max === undefined ? '' : lengthHelp(max), help ?? ''].filter(Boolean).join(' ')
  const more = { ...(said !== '' && { help: said }), errors }
  if (options !== undefined)
    return (
      <Select
        name={name}
        label={label}
        value={values[name]}
        options={options}
        extra={{ 'data-redraw': 'step-content' }}
        {...more}
      />
    )
  return (
    <Field
      name={name}
      label={label}
      value={values[name]}
      {...(rows !== undefined && { rows })}
      {...more}
      extra={{ 'data-insertable': '', dir: 'auto', ...(max !== undefined && { 'data-max': max }) }}
    />
  )
}

type Templates = StepProps['facts']['templates']

/** Templates as they look in a chat; one that is not known here is named by its fields. */
function TemplatePick({ templates, form }: { templates: Templates; form: Form }) {
  const picked = pickedTemplate(templates, form)
  return (
    <fieldset id="template/pick" class="cards" data-redraw="step-content">
      <legend>{templateWords.pick}</legend>
      <div class="choices">
        {templates.map(({ name, title, language, status, text, used }) => (
          <PickCard
            name="template/pick"
            value={`${name}\t${language}`}
            isChecked={picked === `${name}\t${language}`}
            title={title}
            said={`${language}, ${status}${usedText(used)}`}
          >
            {text?.body != null && <WhatsappText text={text.body} />}
          </PickCard>
        ))}
        <PickCard name="template/pick" value="" isChecked={picked === ''} title={templateWords.other} said="" />
      </div>
    </fieldset>
  )
}

interface PickCardProps {
  name: string
  value: string
  isChecked: boolean
  title: string
  said: string
  children?: Child
}

function PickCard({ name, value, isChecked, title, said, children }: PickCardProps) {
  // An id has no blanks.
  const id = `${name}-${value.replaceAll(/\s/g, '-')}`
  return (
    <div class="pick">
      <input type="radio" id={id} name={name} value={value} checked={isChecked} />
      <label for={id}>
        <strong dir="auto">{title}</strong> <span class="soft">{said}</span>
        {children}
      </label>
    </div>
  )
}

/** Kinds that most campaigns are of; the others are behind a fold. */
const commonKinds: readonly ContentType[] = ['template', 'text', 'image', 'buttons']

interface KindPickProps {
  kinds: readonly ContentType[]
  type: ContentType
  errors: StepProps['errors']
  help: string
}

function KindPick({ kinds, type, errors, help }: KindPickProps) {
  const error = errors.fields['/content/type']
  const card = (kind: ContentType) => (
    <PickCard name="/content/type" value={kind} isChecked={kind === type} title={contentWords[kind]} said="" />
  )
  const common = commonKinds.filter((kind) => kinds.includes(kind))
  const others = kinds.filter((kind) => !common.includes(kind))
  return (
    <fieldset
      id="/content/type"
      class="cards kinds"
      data-redraw="step-content"
      aria-describedby={error === undefined ? '/content/type-help' : '/content/type-help /content/type-error'}
    >
      <legend>{fieldLabels['/content/type']}</legend>
      {common.map(card)}
      {others.length > 0 && (
        <details open={others.includes(type)}>
          <summary>{contentStepWords.moreKinds}</summary>
          {others.map(card)}
        </details>
      )}
      <p class="help" id="/content/type-help">
        {help}
      </p>
      {error !== undefined && (
        <p class="error" id="/content/type-error">
          {error}
        </p>
      )}
    </fieldset>
  )
}

/** Placeholders of the fields that the chosen lists have: a click puts one where the cursor was. */
function Placeholders({ facts, form }: Pick<StepProps, 'facts' | 'form'>) {
  const chosen = new Set((form['/audience/lists'] ?? '').split('\n'))
  const fields = [...new Set(facts.lists.filter(({ name }) => chosen.has(name)).flatMap((list) => list.fields))]
  if (fields.length === 0)
    return (
      <p class="help field" id="placeholders">
        Choose a list above to see which fields a text may name, such as {'{{ first_name }}'}.
      </p>
    )
  return (
    <div class="field" id="placeholders">
      <p class="help">
        Texts may hold what is known of each person. Give a fallback for those of whom it is not known:{' '}
        <code>{"{{ first_name | default: 'there' }}"}</code>
      </p>
      <p class="chips">
        {fields.slice(0, 60).map((field) => (
          <button type="button" class="chip" data-insert={`{{ ${field} }}`}>
            {`{{ ${field} }}`}
          </button>
        ))}
      </p>
    </div>
  )
}

/** The bubble stays while its content is missing or wrong. */
function EmptyBubble({ said }: { said?: string }) {
  return (
    <>
      <div class="wa">
        <div class="wa-bubble">
          <p class="wa-note">{previewWords.untyped}</p>
        </div>
      </div>
      {said !== undefined && <p class="error">{said}</p>}
    </>
  )
}

function PreviewLook({ looks }: { looks: StepProps['looks'] }) {
  const { content } = looks
  if (content === undefined) return <p class="empty">{previewWords.noList}</p>
  if ('problem' in content) return <EmptyBubble said={content.problem} />
  if (content.value === undefined) return <EmptyBubble />
  const { person, content: rendered, template, problem, warnings, leftOutBy, toFix } = content.value
  if (person === null) return <p class="empty">{previewWords.nobody}</p>
  return (
    <>
      <input type="hidden" name="preview/person" value={person.id} />
      <p class="look-head">
        What <bdi>{person.phone}</bdi> would read
      </p>
      {rendered !== null && <ChatMessage content={rendered} template={template} />}
      {toFix.map((text) => (
        <p class="error">{text}</p>
      ))}
      {warnings.map((warning) => (
        <p class="warning">{sentence(inPageWords(warning))}</p>
      ))}
      {leftOutBy !== null && <p class="error">This person gets nothing: they {reasonText(leftOutBy)}.</p>}
      {problem !== null && <p class="error">This person cannot be written to: {inPageWords(problem.detail)}</p>}
      <p class="look-foot">
        <button type="submit" name="act" value="previous" class="second small" data-redraw="look-content">
          Previous person
        </button>{' '}
        <button type="submit" name="act" value="next" class="second small" data-redraw="look-content">
          Next person
        </button>
      </p>
    </>
  )
}
