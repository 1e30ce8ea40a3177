// usage: node qwen_agents.mjs PACKAGE FILE...   what Qwen Code's own reader and validator make of agents, one JSON a line
import fs from 'node:fs';
import path from 'node:path';

const [root, ...files] = process.argv.slice(2);
const chunks = path.join(root, 'chunks');
const holder = fs.readdirSync(chunks).find(
  (name) => name.endsWith('.js') && fs.readFileSync(path.join(chunks, name), 'utf8').includes('function parseSubagentContent'),
);
const module = await import(path.join(chunks, holder));
const named = (name) => Object.values(module).find((value) => typeof value === 'function' && value.name === name);
const Manager = named('SubagentManager');
const Validator = named('SubagentValidator');
const manager = new Manager({ getProjectRoot: () => process.cwd(), getSdkMode: () => false });
for (const file of files) {
  try {
    const agent = manager.parseSubagentContent(fs.readFileSync(file, 'utf8'), file, 'project');
    const errors = Validator ? new Validator().validateConfig(agent).errors : [];
    if (errors.length) throw new Error(errors.join('; '));
    const { name, tools = null, disallowedTools = null, approvalMode = null } = agent;
    console.log(JSON.stringify({ name, tools, disallowedTools, approvalMode }));
  } catch (error) {
    console.log(JSON.stringify({ file: path.basename(file), error: String(error.message) }));
  }
}
process.exit(0);
