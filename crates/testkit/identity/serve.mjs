// A provider made of oidc-provider, with its own pages for signing in and consent. Arguments: a file with what to serve,
// folder with node_modules.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [told, home] = process.argv.slice(2);
const { issuer, port, redirect_uri, client_id, client_secret, people, device_seconds } = JSON.parse(readFileSync(told, "utf8"));
const found = createRequire(`${home}/`).resolve("oidc-provider");
const { default: Provider } = await import(pathToFileURL(found));

const provider = new Provider(issuer, {
  clients: [
    {
      client_id,
      client_secret,
      redirect_uris: [redirect_uri],
      grant_types: ["authorization_code", "refresh_token"],
    },
    // A device can keep no secret (RFC 8628 section 5.6).
    {
      client_id: `${client_id}-device`,
      token_endpoint_auth_method: "none",
      redirect_uris: [],
      response_types: [],
      grant_types: ["refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
    },
  ],
  // What opens something again is good for once; shown twice, everything that came of it ends (RFC 9700 section 4.14.2).
  rotateRefreshToken: true,
  ttl: { DeviceCode: () => device_seconds ?? 600 },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  pkce: { methods: ["S256"], required: () => true },
  cookies: { keys: ["a key for a test"] },
  // Its pages ask only for a name and any password.
  features: { devInteractions: { enabled: true }, deviceFlow: { enabled: true } },
  findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
});
provider.on("server_error", (context, error) => console.error(error));
provider.listen(port, "127.0.0.1");
