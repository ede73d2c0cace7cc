// The API as people read it: made from its OpenAPI document, without any script.
import { Hono } from 'hono'
import type { Child } from 'hono/jsx'
import { Table } from '../elements/table.tsx'
import { renderPage } from '../layout.tsx'
import { opens, type PageEnv, type PageFacts } from '../page.ts'

/** What is shown of the document. */
interface ApiDocument {
  info: { title: string; version: string; description?: string }
  servers: { url: string }[]
  tags: { name: string; description?: string }[]
  paths: Record<string, Partial<Record<Method, Operation>>>
  components: { schemas: Record<string, Schema> }
}

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const
type Method = (typeof methods)[number]

interface Operation {
  operationId: string
  summary?: string
  description?: string
  tags?: string[]
  'x-right'?: string
  parameters?: ({ name: string; in: string; required?: boolean; description?: string; schema?: Schema } | Reference)[]
  requestBody?: { content: Record<string, { schema?: Schema }> }
  responses: Record<string, { description: string; content?: Record<string, { schema?: Schema }> }>
}

interface Reference {
  $ref: string
}

interface Schema {
  $ref?: string
  type?: string | string[]
  description?: string
  enum?: unknown[]
  const?: unknown
  format?: string
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  additionalProperties?: Schema | boolean
}

export function apiDescriptionPages({ ctx, describeApi }: PageFacts): Hono<PageEnv> {
  return new Hono<PageEnv>().get('/api', opens('read'), (c) => {
    const document = describeApi() as ApiDocument
    // Behind a proxy a request does not say that it came by TLS, and a key belongs nowhere else.
    const base = ctx.config.publicUrl ?? new URL(c.req.url).origin
    return renderPage(
      c,
      {
        title: `API of ${document.info.title}`,
        actions: (
          <a class="button second" href="/api/v1/openapi.json">
            OpenAPI document
          </a>
        ),
      },
      <>
        {(document.info.description ?? '').split('\n\n').map((text) => (
          <p>{marked(text)}</p>
        ))}
        <pre class="card" tabindex={0}>{`curl -H "Authorization: Bearer $HERALD_KEY" ${base}/api/v1/me`}</pre>
        {document.tags.map((tag) => (
          <Group document={document} tag={tag} />
        ))}
        <h2>Schemas</h2>
        {Object.entries(document.components.schemas)
          .sort(([a], [b]) => a.localeCompare(b))
          .map(([name, schema]) => (
            <section id={`schema-${name}`} class="operation">
              <h3>{name}</h3>
              <SchemaText schema={schema} />
            </section>
          ))}
      </>,
    )
  })
}

function Group({ document, tag }: { document: ApiDocument; tag: ApiDocument['tags'][number] }) {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method]
      return operation?.tags?.includes(tag.name) === true ? [{ path, method, operation }] : []
    }),
  )
  return (
    <>
      <h2>{tag.name}</h2>
      <p>{tag.description}</p>
      {operations.map((one) => (
        <OperationText {...one} />
      ))}
    </>
  )
}

function OperationText({ path, method, operation }: { path: string; method: Method; operation: Operation }) {
  const parameters = (operation.parameters ?? []).flatMap((parameter) => ('$ref' in parameter ? [] : [parameter]))
  return (
    <details class="operation" id={operation.operationId}>
      <summary>
        <code>
          <b>{method.toUpperCase()}</b> {path}
        </code>{' '}
        {operation.summary}
      </summary>
      {operation.description !== undefined && <p>{marked(operation.description)}</p>}
      <p class="soft">Needs the right to {operation['x-right']}.</p>
      {parameters.length > 0 && (
        <Table
          caption={`Parameters of ${method} ${path}`}
          head={['parameter', 'in', 'type', '']}
          rows={parameters.map(({ name, in: place, required, description, schema }) => [
            <code>{name}</code>,
            place,
            typeText(schema ?? {}),
            `${required === true ? 'required' : ''} ${description ?? ''}`.trim(),
          ])}
          empty=""
        />
      )}
      {Object.entries(operation.requestBody?.content ?? {}).map(([type, { schema }]) => (
        <p>
          Body <code>{type}</code>: {typeText(schema ?? {})}
        </p>
      ))}
      <ul>
        {Object.entries(operation.responses).map(([status, { description, content = {} }]) => (
          <li>
            <b>{status}</b> {description}
            {Object.entries(content).map(([type, { schema }]) => (
              <>
                {' '}
                (<code>{type}</code> {typeText(schema ?? {})})
              </>
            ))}
          </li>
        ))}
      </ul>
    </details>
  )
}

function SchemaText({ schema }: { schema: Schema }) {
  const properties = Object.entries(schema.properties ?? {})
  if (properties.length === 0) return <p>{typeText(schema)}</p>
  return (
    <Table
      caption="Fields"
      head={['field', 'type', '']}
      rows={properties.map(([name, field]) => [
        <code>{name}</code>,
        typeText(field),
        `${schema.required?.includes(name) === true ? '' : 'may be left out. '}${field.description ?? ''}`.trim(),
      ])}
      empty=""
    />
  )
}

/** A schema in a few words, with links to those that have a name. */
function typeText(schema: Schema): Child {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? ''
    return <a href={`#schema-${name}`}>{name}</a>
  }
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf
  if (choices !== undefined) return choices.map((choice, i) => [i === 0 ? '' : ' | ', typeText(choice)])
  if (schema.type === 'array') return <>list of {typeText(schema.items ?? {})}</>
  if (schema.properties !== undefined) return <>{`{ ${Object.keys(schema.properties).join(', ')} }`}</>
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? 'anything')
  return schema.format === undefined ? type : `${type} (${schema.format})`
}

/** Words between backquotes as code. */
function marked(text: string): Child {
  return text.split('`').map((part, i) => (i % 2 === 1 ? <code>{part}</code> : part))
}
