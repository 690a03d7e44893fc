// A stand-in for a provider's sign-in, made of oauth2-mock-server: tokens carry the mailbox they are for, and the user
// information says whether they still count. Arguments: port, folder with node_modules, file with claims that a test wants
// in every token.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [port, home, wanted] = process.argv.slice(2);
const found = createRequire(`${home}/`).resolve("oauth2-mock-server");
const { OAuth2Server } = await import(pathToFileURL(found));

const server = new OAuth2Server();
await server.issuer.keys.generate("RS256");

server.service.on("beforeTokenSigning", (token, request) => {
  const asked = request.body ?? {};
  const lifetime = Number(asked.lifetime ?? 3600);
  token.payload.username = asked.username ?? asked.login_hint ?? "anna";
  token.payload.exp = Math.floor(Date.now() / 1000) + lifetime;
  Object.assign(token.payload, JSON.parse(readFileSync(wanted, "utf8")));
});

// Dovecot takes 401 for a broken provider; a token that no longer counts must be answered with 200 and active: false.
server.service.on("beforeUserinfo", (answer, request) => {
  const bearer = (request.headers.authorization ?? "").replace(/^Bearer /i, "");
  const claims = claimsOf(bearer);
  const active = claims !== undefined && claims.exp > Date.now() / 1000;
  answer.body = { sub: claims?.sub ?? "nobody", username: claims?.username ?? "nobody", active };
});

// What a person meets whose consent was withdrawn.
server.service.on("beforeResponse", (answer, request) => {
  const asked = request.body ?? {};
  if (asked.grant_type === "refresh_token" && asked.refresh_token === "withdrawn") {
    answer.statusCode = 400;
    answer.body = { error: "invalid_grant", error_description: "The consent was withdrawn." };
  }
});

function claimsOf(token) {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
  } catch {
    return undefined;
  }
}

await server.start(Number(port), "127.0.0.1");
