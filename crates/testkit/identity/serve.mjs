// A provider made of oidc-provider, with its own pages for signing in and consent. Arguments: a file with what to serve,
// folder with node_modules.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [told, home] = process.argv.slice(2);
const { issuer, port, redirect_uri, client_id, client_secret, people } = JSON.parse(readFileSync(told, "utf8"));
const found = createRequire(`${home}/`).resolve("oidc-provider");
const { default: Provider } = await import(pathToFileURL(found));

const provider = new Provider(issuer, {
  clients: [{ client_id, client_secret, redirect_uris: [redirect_uri], grant_types: ["authorization_code"] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  pkce: { methods: ["S256"], required: () => true },
  cookies: { keys: ["a key for a test"] },
  // Its pages ask only for a name and any password.
  features: { devInteractions: { enabled: true } },
  findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
});
provider.on("server_error", (context, error) => console.error(error));
provider.listen(port, "127.0.0.1");
