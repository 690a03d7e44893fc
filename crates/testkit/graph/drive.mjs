// Microsoft's own client library works on the simulator: what it can't read is not Graph. It writes down what it found as
// JSON, for a test to judge.
//
// The library gives its token to https only; the first link of the chain here gives it to a simulator on this machine. The
// rest of the chain, with its patience and its redirects, is the library's own.
import { createRequire } from 'node:module'

const [programs, base, token] = process.argv.slice(2)
const load = createRequire(`${programs}package.json`)
const { Client, PageIterator, RetryHandler, RetryHandlerOptions, RedirectHandler, HTTPMessageHandler, GraphError, LargeFileUploadTask, FileUpload, BatchRequestContent, BatchResponseContent } =
  load('@microsoft/microsoft-graph-client')

class Bearer {
  async execute(context) {
    // As the library's own: no token for other servers.
    if (!String(context.request).startsWith(base)) {
      // It takes whole addresses only when they are of https: it was given one, and goes to where it leads.
      context.request = String(context.request).replace('https://localhost:', 'http://localhost:')
      return this.next.execute(context)
    }
    context.options.headers = { ...Object.fromEntries(new Headers(context.options.headers)), authorization: `Bearer ${token}` }
    return this.next.execute(context)
  }
  setNext(next) {
    this.next = next
  }
}

const chain = [new Bearer(), new RetryHandler(new RetryHandlerOptions()), new RedirectHandler(), new HTTPMessageHandler()]
chain.forEach((link, at) => chain[at + 1] && link.setNext(chain[at + 1]))
const client = Client.initWithMiddleware({ baseUrl: `${base}/`, middleware: chain[0] })
// The library takes whole addresses apart only when they are of https.
const api = client.api.bind(client)
client.api = (path) => api(path.replace(`${base}/v1.0`, ''))
const immutable = 'IdType="ImmutableId"'
const found = {}

found.me = await client.api('/me').get()
found.folders = (await client.api('/me/mailFolders').top(50).get()).value
const walk = async (path, page) => {
  const first = await client.api(path).header('Prefer', `${immutable}, odata.maxpagesize=${page}`).get()
  const items = []
  const iterator = new PageIterator(client, first, (item) => items.push(item) > 0, {
    headers: { Prefer: `${immutable}, odata.maxpagesize=${page}` },
  })
  await iterator.iterate()
  return { items, link: iterator.getDeltaLink() }
}
const whole = await walk('/me/mailFolders/inbox/messages/delta', 7)
found.whole = whole.items.map((item) => item.id)
found.message = await client.api(`/me/messages/${whole.items[0].id}`).header('Prefer', immutable).get()
found.raw = await (await client.api(`/me/messages/${whole.items[0].id}/$value`).responseType('raw').get()).text()

const letter = 'From: info@voorbeeld.test\r\nTo: anna@voorbeeld.test\r\nSubject: Van de bibliotheek\r\n\r\nDag\r\n'
const mime = Buffer.from(letter).toString('base64')
const draft = await client.api('/me/messages').header('Content-Type', 'text/plain').header('Prefer', immutable).post(mime)
await client.api(`/me/messages/${draft.id}/send`).post()
found.sent = await client.api(`/me/messages/${draft.id}`).header('Prefer', immutable).select('isDraft,parentFolderId').get()
await client.api('/me/sendMail').post({
  message: {
    subject: 'Uit JSON',
    body: { contentType: 'text', content: 'hallo' },
    toRecipients: [{ emailAddress: { address: 'anna@voorbeeld.test' } }],
  },
})

const [one, two, three] = found.whole
await client.api(`/me/messages/${one}`).header('Prefer', immutable).patch({ isRead: true, flag: { flagStatus: 'flagged' } })
const moved = await client.api(`/me/messages/${two}/move`).header('Prefer', immutable).post({ destinationId: 'archive' })
found.moved = moved.id === two
await client.api(`/me/messages/${three}`).header('Prefer', immutable).delete()
const later = await walk(whole.link, 50)
found.changed = later.items.filter((item) => !item['@removed']).map((item) => item.id)
found.removed = later.items.filter((item) => item['@removed']).map((item) => item.id)

// A long file, in pieces, at an address that opens by itself.
const long = Buffer.alloc(7_000_000, 'abc')
const heavy = await client.api('/me/messages').post({
  subject: 'Groot', toRecipients: [{ emailAddress: { address: 'anna@voorbeeld.test' } }],
})
const session = await LargeFileUploadTask.createUploadSession(client, `/me/messages/${heavy.id}/attachments/createUploadSession`, {
  AttachmentItem: { attachmentType: 'file', name: 'lang.bin', size: long.length },
})
session.url = session.url.replace('http:', 'https:')
const task = new LargeFileUploadTask(client, new FileUpload(long, 'lang.bin', long.length), session, { rangeSize: 3 * 1024 * 1024 })
found.upload = Boolean((await task.upload()).location)
await client.api(`/me/messages/${heavy.id}/attachments`).post({
  '@odata.type': '#microsoft.graph.fileAttachment', name: 'kort.txt', contentType: 'text/plain', contentBytes: 'aGFsbG8=',
})
found.files = (await client.api(`/me/messages/${heavy.id}/attachments`).get()).value.map((file) => [file.name, file.size])

const refusal = async (work) => {
  try {
    await work()
    return null
  } catch (error) {
    return { known: error instanceof GraphError, status: error.statusCode, code: error.code, request: Boolean(error.requestId) }
  }
}
found.nothing = await refusal(() => client.api('/me/messages/nope').get())
found.short = await refusal(() =>
  LargeFileUploadTask.createUploadSession(client, `/me/messages/${heavy.id}/attachments/createUploadSession`, {
    AttachmentItem: { attachmentType: 'file', name: 'kort.bin', size: 10 },
  }),
)
found.old = await refusal(() => client.api('/me/mailFolders/inbox/messages/delta?$deltatoken=OLD').get())
// Several questions in one, by the library's own writer and reader of them; one waits for another.
const question = (path, options) => new Request(`https://graph.microsoft.com${path}`, options)
const prefer = { Prefer: immutable }
const together = async (steps) => {
  const content = await new BatchRequestContent(steps).getContent()
  const answer = await client.api('/$batch').post(content)
  return { answer, read: new BatchResponseContent(answer) }
}
const unread = { method: 'PATCH', headers: { ...prefer, 'Content-Type': 'application/json' }, body: JSON.stringify({ isRead: false }) }
const looked = () => question(`/me/messages/${one}?$select=isRead`, { headers: prefer })
const free = await together([
  { id: '1', request: question('/me/mailFolders/inbox') },
  { id: '2', request: question('/me/messages/nope') },
])
const serial = await together([
  { id: '3', request: question(`/me/messages/${one}`, unread) },
  { id: '4', request: looked(), dependsOn: ['3'] },
])
// The library's reader gives what is JSON as no text: that is read as it came.
found.unread = serial.answer.responses.find((part) => part.id === '4').body.isRead === false
const bound = await together([
  { id: '5', request: question('/me/messages/nope') },
  { id: '6', request: looked(), dependsOn: ['5'] },
])
const status = (batch, ids) => ids.map((id) => [id, batch.read.getResponseById(id).status])
found.batch = [...status(free, ['1', '2']), ...status(serial, ['3', '4']), ...status(bound, ['5', '6'])]
console.log(JSON.stringify(found))
