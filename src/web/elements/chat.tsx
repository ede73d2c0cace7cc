// A message in the look of a WhatsApp chat. Everything in it is data: text becomes text nodes, links cannot be followed,
// and no picture is fetched.
import type { Child } from 'hono/jsx'
import type { Content, Header, TemplateContent } from '../../domain/content.ts'
import type { FilledTemplate } from '../../domain/template.ts'
import { textOfValue } from '../../domain/template-value.ts'
import { parseWhatsappText, type TextPart } from '../whatsapp-text.ts'

export function WhatsappText({ text }: { text: string }) {
  return (
    <span class="wa-text" dir="auto">
      <Parts parts={parseWhatsappText(text)} />
    </span>
  )
}

function Parts({ parts }: { parts: TextPart[] }) {
  return <>{parts.map((part) => partOf(part))}</>
}

function partOf(part: TextPart): Child {
  switch (part.kind) {
    case 'text':
      return part.text
    case 'bold':
      return (
        <strong>
          <Parts parts={part.parts} />
        </strong>
      )
    case 'italic':
      return (
        <em>
          <Parts parts={part.parts} />
        </em>
      )
    case 'struck':
      return (
        <s>
          <Parts parts={part.parts} />
        </s>
      )
    case 'code':
      return <code>{part.text}</code>
    case 'link':
      return <span class="wa-link">{part.text}</span>
  }
}

interface ChatProps {
  content: Content
  /** Of a template whose text is known: what stands in the chat. */
  template?: FilledTemplate | null
}

/** One message as its recipient would see it. */
export function ChatMessage({ content, template = null }: ChatProps) {
  if (template !== null && content.type === 'template') return <TemplateMessage {...{ template, content }} />
  return (
    <div class="wa">
      <div class="wa-bubble">{bubbleOf(content)}</div>
      {buttonsOf(content).map((title) => (
        <div class="wa-button">{title}</div>
      ))}
      {content.type === 'carousel' && (
        <div class="wa-cards">
          {content.cards.map((card) => (
            <div class="wa-card">
              {headerOf(card.header)}
              {card.body !== undefined && <WhatsappText text={card.body} />}
              {card.buttons.map(({ title }) => (
                <div class="wa-button">{title}</div>
              ))}
            </div>
          ))}
        </div>
      )}
    </div>
  )
}

function bubbleOf(content: Content): Child {
  switch (content.type) {
    case 'text':
      return <WhatsappText text={content.text} />
    case 'image':
    case 'video':
    case 'document':
      return (
        <>
          {attachmentsOf(content)}
          {content.caption !== undefined && <WhatsappText text={content.caption} />}
        </>
      )
    case 'audio':
    case 'sticker':
      return <Attachment kind={content.type} place={content.url ?? content.mediaId} />
    case 'location':
      return (
        <>
          <Attachment kind="location" place={`${content.latitude}, ${content.longitude}`} />
          <strong dir="auto">{content.name}</strong> <span dir="auto">{content.address}</span>
        </>
      )
    case 'contacts':
      return content.contacts.map(({ name, phones }) => (
        <Attachment
          kind="contact"
          place={[name.formattedName, ...(phones ?? []).map(({ phone }) => phone)].join(', ')}
        />
      ))
    case 'buttons':
      return withParts(headerOf(content.header), content.body, content.footer)
    case 'list':
    case 'product':
      return withParts(content.header === undefined ? null : boldText(content.header), content.body, content.footer)
    case 'locationRequest':
    case 'carousel':
      return <WhatsappText text={content.body} />
    case 'reaction':
      return <span class="wa-emoji">{content.emoji}</span>
    case 'template':
      return templateOf(content)
  }
}

function boldText(text: string): Child {
  return <strong dir="auto">{text}</strong>
}

function withParts(header: Child, body: string | undefined, footer: string | undefined): Child {
  return (
    <>
      {header}
      {body !== undefined && <WhatsappText text={body} />}
      {footer !== undefined && (
        <small class="wa-footer" dir="auto">
          {footer}
        </small>
      )}
    </>
  )
}

function headerOf(header: Header | undefined): Child {
  if (header === undefined) return null
  if (header.type === 'text') return boldText(header.text)
  if (header.type === 'location')
    return <Attachment kind="location" place={`${header.latitude}, ${header.longitude}`} />
  return attachmentsOf(header)
}

interface Files {
  type: string
  url?: string | undefined
  mediaId?: string | undefined
  images?: readonly { url: string }[] | undefined
  files?: readonly { url: string }[] | undefined
}

/** One file, or several where a message or header holds more. */
function attachmentsOf({ type, url, mediaId, images, files }: Files): Child {
  const places = (images ?? files)?.map((file) => file.url) ?? [url ?? mediaId]
  return places.map((place) => <Attachment kind={type} place={place} />)
}

/** A file by its address: it is not fetched, because that would tell its host who looks. */
function Attachment({ kind, place }: { kind: string; place: string | undefined }) {
  return (
    <div class="wa-file">
      <b>{kind}</b> <span dir="auto">{place}</span>
    </div>
  )
}

/** Where only the provider has the text of a template, shown is what goes into its places. */
function templateOf(content: TemplateContent): Child {
  const { template, language, header } = content
  return (
    <>
      {headerOf(header)}
      <div class="wa-file">
        <b>template</b> <bdi>{template}</bdi> ({language})
      </div>
      <p class="wa-note">
        Its text is not known here: these are the values that go into it.{' '}
        <a href="/templates">Ask the provider for its templates.</a>
      </p>
      {valuesIn(content).map(([name, value]) => (
        <div>
          <code>{`{{${name}}}`}</code> <bdi>{value}</bdi>
        </div>
      ))}
    </>
  )
}

function valuesIn({ body = [] }: TemplateContent): (readonly [string, string])[] {
  const named = Array.isArray(body)
    ? body.map((value, index) => [String(index + 1), value] as const)
    : Object.entries(body)
  return named.map(([name, value]) => [name, textOfValue(value)] as const)
}

/** A template with its values in their places. */
function TemplateMessage({ template, content }: { template: FilledTemplate; content: TemplateContent }) {
  return (
    <div class="wa">
      <div class="wa-bubble">
        <TemplateParts template={template} values={valuesIn(content)} />
      </div>
      <TemplateButtons template={template} />
      {template.cards.length > 0 && (
        <div class="wa-cards">
          {template.cards.map((card) => (
            <div class="wa-card">
              <TemplateParts template={card} values={[]} />
              <TemplateButtons template={card} />
            </div>
          ))}
        </div>
      )}
    </div>
  )
}

function TemplateParts({
  template,
  values,
}: {
  template: FilledTemplate
  values: readonly (readonly [string, string])[]
}) {
  const { header, body, footer } = template
  const shown =
    header === null ? null : header.type === 'text' ? (
      boldText(header.text ?? '')
    ) : (
      <Attachment kind={header.type} place={header.text ?? 'comes with the template'} />
    )
  if (body !== null) return withParts(shown, body, footer ?? undefined)
  return (
    <>
      {shown}
      {values.length > 0 && (
        <p class="wa-note">
          WhatsApp writes this text itself, with <bdi>{values.map(([, value]) => value).join(', ')}</bdi>.
        </p>
      )}
      {withParts(null, undefined, footer ?? undefined)}
    </>
  )
}

function TemplateButtons({ template }: { template: FilledTemplate }) {
  return (
    <>
      {template.buttons.map(({ title, url, code }) => (
        <div class="wa-button">
          <span dir="auto">{title}</span>
          {(url ?? code) !== null && <small dir="auto">{url ?? code}</small>}
        </div>
      ))}
    </>
  )
}

function buttonsOf(content: Content): string[] {
  if (content.type === 'buttons') return content.buttons.map(({ title }) => title)
  if (content.type === 'list') return [`☰ ${content.button}`]
  if (content.type === 'locationRequest') return ['Send location']
  if (content.type === 'product') return [content.sections === undefined ? 'View' : 'View items']
  if (content.type === 'template') return (content.buttons ?? []).map(({ type, value }) => `${type}: ${value}`)
  return []
}
