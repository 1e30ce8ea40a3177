// usage: node gemini_agents.mjs BUNDLE FOLDER   what Gemini CLI's own loader makes of a folder of agents, one JSON a line
import fs from 'node:fs';
import path from 'node:path';

const [bundle, folder] = process.argv.slice(2);
const files = fs.readdirSync(bundle).filter((name) => /^core-.*\.js$/.test(name)).map((name) => path.join(bundle, name));
for (const file of files) {
  const core = await import(file);
  if (!core.loadAgentsFromDirectory) continue;
  const loaded = await core.loadAgentsFromDirectory(folder);
  for (const agent of loaded.agents) {
    console.log(JSON.stringify({ name: agent.name, tools: agent.toolConfig?.tools ?? null }));
  }
  for (const error of loaded.errors) {
    console.log(JSON.stringify({ file: path.basename(error.filePath), error: error.message }));
  }
  break;
}
process.exit(0);
