// Bird's two pages "Sending WhatsApp messages", item by item.
import type { Page } from './row.ts'

export const bird: Page = {
  title: 'Bird',
  source: 'both pages "Sending WhatsApp messages" (Channels API), with the calls of its other pages that Herald makes',
  parts: {
    Calls: [
      { item: 'send a message', call: 'POST /workspaces/*/channels/*/messages', at: 'bird/driver.ts:/messages`' },
      {
        item: 'channel details of a contact (service window)',
        call: 'GET /workspaces/*/channels/*/contacts/*',
        at: 'bird/session.ts:contactIdentifierValue',
      },
      {
        item: 'find a contact (other page)',
        call: 'POST /workspaces/*/contacts/search',
        keys: ['identifier', 'key', 'value'],
        at: 'bird/session.ts:/contacts/search',
      },
      {
        item: 'messages of a channel (other page)',
        call: 'GET /workspaces/*/channels/*/messages',
        at: 'bird/look-up.ts:direction',
      },
      {
        item: 'one message (other page)',
        call: 'GET /workspaces/*/channels/*/messages/*',
        at: 'bird/look-up.ts:function byId',
      },
      {
        item: 'interactions of a message (other page)',
        call: 'GET /workspaces/*/channels/*/messages/*/interactions',
        at: 'bird/look-up.ts:/interactions',
      },
      {
        item: 'subscribe to callbacks (other page)',
        call: 'POST /organizations/*/workspaces/*/webhook-subscriptions',
        keys: ['service', 'event', 'url', 'signingKey', 'eventFilters'],
        at: 'bird/account.ts:webhook-subscriptions',
      },
      {
        item: 'place for a file (other page)',
        call: 'POST /workspaces/*/channel-media/presigned-upload',
        keys: ['contentType'],
        at: 'bird/account.ts:presigned-upload',
      },
      { item: 'put the file there (other page)', call: 'POST /uploads/*', at: 'bird/account.ts:uploadMethod' },
      {
        item: 'projects of Studio (other page)',
        call: 'GET /workspaces/*/projects',
        at: 'bird/templates.ts:/projects`',
      },
      {
        item: 'make a project (other page)',
        call: 'POST /workspaces/*/projects',
        keys: ['name', 'description'],
        at: 'bird/templates.ts:PROJECT_TYPE',
      },
      {
        item: 'delete a project (a guess: no page has it)',
        call: 'DELETE /workspaces/*/projects/*',
        at: 'bird/templates.ts:function deleteProject',
      },
      {
        item: 'versions of a project (other page)',
        call: 'GET /workspaces/*/projects/*/channel-templates',
        at: 'bird/templates.ts:/channel-templates`',
      },
      {
        item: 'make a version (other page)',
        call: 'POST /workspaces/*/projects/*/channel-templates',
        keys: ['defaultLocale', 'variables'],
        at: 'bird/templates.ts:function submitVersion',
      },
      {
        item: 'submit a version (other page)',
        call: 'PUT /workspaces/*/projects/*/channel-templates/*/activate',
        at: 'bird/templates.ts:/activate`',
      },
    ],
    'Options of a message': [
      {
        item: 'an active WhatsApp channel and a valid access key',
        at: 'bird/errors.ts:Bird does not know the channel',
      },
      { item: 'header Authorization: AccessKey', at: 'bird/api.ts:AccessKey' },
      { item: 'workspaceId and channelId are UUIDs', at: 'bird/config.ts:birdId' },
      {
        item: 'receiver',
        keys: ['receiver', 'contacts', 'identifierKey', 'identifierValue'],
        at: 'bird/driver.ts:identifierValue',
      },
      { item: 'contactId, contactIdentifierValue', at: 'bird/session.ts:contactIdentifierValue' },
      {
        item: 'frequency capping of the platform, for marketing only',
        keys: ['capFrequency'],
        at: 'bird/driver.ts:capFrequency',
      },
      {
        item: 'use case in meta.extraInformation',
        keys: ['meta', 'extraInformation', 'useCase'],
        at: 'bird/driver.ts:extraInformation',
      },
      {
        item: 'web tracking parameters on links',
        keys: ['enableLinkTracking'],
        at: 'bird/driver.ts:enableLinkTracking',
      },
      { item: 'ignore quiet hours', keys: ['ignoreQuietHours'], at: 'bird/driver.ts:ignoreQuietHours' },
      { item: 'tags, at most ten, in lower case', keys: ['tags'], at: 'bird/driver.ts:tag.toLowerCase()' },
      { item: 'tags that do not exist are created; they are shown in the UI', not: 'nothing to do for it' },
      { item: 'short links', not: 'the page says that they are for SMS' },
      {
        item: 'scheduled time: RFC 3339, at once when past or within 10 minutes, at most 35 days away',
        not: 'Herald keeps schedules itself, because only so can a campaign be paused or cancelled; its own horizon is 35 days too',
      },
      {
        item: 'validity in seconds; else 36 hours, or 10 minutes for 2FA',
        keys: ['validity'],
        at: 'bird/driver.ts:validitySeconds',
      },
      {
        item: 'body, or template instead of it',
        keys: ['body', 'template'],
        at: 'bird/content.ts:return { template: templateObject(content)',
      },
      { item: 'reference (other page)', keys: ['reference'], at: 'bird/driver.ts:reference: message.reference' },
    ],
    'Kinds of messages': [
      { item: 'text', keys: ['type', 'text'], at: 'bird/content.ts:  text: (' },
      {
        item: 'preview of links (other page)',
        keys: ['metadata', 'whatsapp', 'previewUrl'],
        at: 'bird/content.ts:previewUrl',
      },
      { item: 'text with reply buttons', keys: ['actions', 'reply'], at: 'bird/content.ts:function reply(' },
      { item: 'text with postback actions', keys: ['postback', 'payload'], at: 'bird/content.ts:function postback(' },
      {
        item: 'text with reply and postback actions',
        at: 'bird/content.ts:id === undefined ? reply(title) : postback(title, id)',
      },
      { item: 'text with a location request', at: "bird/content.ts:type: 'locationRequest'" },
      {
        item: 'one image, also with a text',
        keys: ['image', 'images', 'mediaUrl'],
        at: 'bird/content.ts:function imageBody',
      },
      { item: 'several images', at: 'bird/content.ts:images ?? [{ ...source, altText }]' },
      { item: 'image with a label', keys: ['altText'], at: 'bird/content.ts:altText: image.altText' },
      {
        item: 'one image with postback actions; with label and reply actions; with label, postback and reply actions',
        at: 'bird/content.ts:header.images ?? [header]',
      },
      {
        item: 'several images with labels and postback actions; with reply actions; with all',
        at: 'bird/content.ts:header.images ?? [header]',
      },
      { item: 'sticker (an image)', at: 'bird/content.ts:sticker: (content) => imageBody' },
      { item: 'one file (audio, document, video)', keys: ['file', 'files'], at: 'bird/content.ts:function fileOf' },
      {
        item: 'one file with postback and reply actions',
        at: "bird/content.ts:header?.type === 'video' || header?.type === 'document'",
      },
      {
        item: 'several files; with filename',
        keys: ['filename'],
        at: 'bird/content.ts:filesBody(content.files.map(fileObject)',
      },
      {
        item: 'several files with two postback actions and a reply action',
        at: 'bird/content.ts:filesBody(header.files.map(fileObject), parts)',
      },
      {
        item: 'location',
        keys: ['location', 'coordinates', 'latitude', 'longitude', 'label', 'address'],
        at: 'bird/content.ts:coordinates',
      },
      {
        item: 'list without sections',
        keys: ['list', 'items', 'title'],
        at: 'bird/content.ts:a section without a title is an item without one',
      },
      { item: 'list with sections', at: 'bird/content.ts:function listBody' },
      {
        item: 'list with sections and own label of its button',
        keys: ['button'],
        at: 'bird/content.ts:button: { label: button }',
      },
      { item: 'carousel', keys: ['carousel', 'link'], at: 'bird/content.ts:function carouselItem' },
      {
        item: 'reaction, product, several products',
        not: 'the page says that the Channels API has none of them',
      },
      {
        item: 'contacts',
        not: 'the table of kinds leaves their place empty, and no section and no type of a body shows how they are written',
      },
      {
        item: 'quote of a received message: id and type "message"',
        keys: ['replyTo', 'id'],
        at: "bird/content.ts:replyTo: { id: replyTo, type: 'message' }",
      },
      { item: 'quote with an image; with postback actions', at: 'bird/content.ts:body: make(content), ...quote' },
      {
        item: 'text template with a variable',
        keys: ['projectId', 'version', 'locale', 'parameters'],
        at: 'bird/content.ts:projectId: template',
      },
      {
        item: 'image template with button and variables; a variable in a button',
        at: 'bird/content.ts:function writtenValue',
      },
    ],
    Answers: [
      { item: '202 accepted for processing', at: 'bird/driver.ts:statusOf(message)' },
      { item: '400 and 422 did not pass validation', at: 'bird/errors.ts:case 422' },
      { item: '404', at: 'bird/errors.ts:case 404' },
      { item: '409 conflicting conditions', at: 'bird/errors.ts:case 409' },
      { item: 'additional information about the status', at: 'bird/errors.ts:message.details' },
    ],
  },
}
