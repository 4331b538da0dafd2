// Drives the official openai client against a gateway; prints one JSON object of what it saw.
import { createRequire } from "node:module";

const [packages, baseURL, apiKey] = process.argv.slice(2);
const { OpenAI } = createRequire(packages + "/")("openai");
const client = new OpenAI({ baseURL, apiKey });
const messages = [{ role: "user", content: "How?" }];
const seen = {};

seen.models = (await client.models.list()).data.map(model => model.id);
const whole = await client.chat.completions.create({ model: "scripted", messages });
seen.whole = whole.choices[0].message.content;
seen.finish = whole.choices[0].finish_reason;
seen.tokens = whole.usage.total_tokens;

seen.stream = "";
for await (const chunk of await client.chat.completions.create({ model: "scripted", messages, stream: true, stream_options: { include_usage: true } })) {
  seen.stream += chunk.choices[0]?.delta?.content ?? "";
  seen.streamTokens = chunk.usage?.total_tokens ?? seen.streamTokens;
}

const panel = await client.chat.completions.create({ model: "quorate", messages: [{ role: "user", content: "Is the bridge safe?" }], quorate: { models: ["m1", "m2", "m3"] } });
seen.panel = panel.choices[0].message.content;
seen.score = panel.quorate.score;

try {
  await client.chat.completions.create({ model: "nobody", messages });
} catch (error) {
  seen.error = { status: error.status, code: error.code, param: error.param, kind: error.constructor.name };
}

try {
  for await (const chunk of await client.chat.completions.create({ model: "scripted", messages, stream: true })) {
    seen.beforeCut = (seen.beforeCut ?? "") + (chunk.choices[0]?.delta?.content ?? "");
  }
} catch (error) {
  seen.cut = error.code ?? error.error?.code ?? error.message;
}

const leaving = new AbortController();
const stream = await client.chat.completions.create({ model: "scripted", messages, stream: true }, { signal: leaving.signal });
try {
  for await (const chunk of stream) {
    seen.beforeAbort = chunk.choices[0].delta.content;
    leaving.abort();
  }
  seen.aborted = true;
} catch (error) {
  seen.aborted = error.constructor.name === "APIUserAbortError";
}

console.log(JSON.stringify(seen));
