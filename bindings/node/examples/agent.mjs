// An agent without a model: what a model would decide is written down.
//
// `node examples/agent.mjs ../../skills` offers the skills of a folder as tools and answers what is called.
import { OpenSkillRuntime, toolCalls } from '@openskills/runtime';

const runtime = new OpenSkillRuntime(process.argv[2] ?? './skills');
runtime.loadSkills();

const tools = await runtime.tools('anthropic');
const messages = [{ role: 'user', content: 'How many words has `Hello, world.`?' }];

for (;;) {
  const answer = model(tools, messages);
  messages.push(answer);
  const calls = toolCalls(answer);
  if (calls.length === 0) break;
  // All at once, off the event loop. What goes wrong is an answer, too.
  const replies = await Promise.all(calls.map((call) => runtime.handle(call)));
  for (const { kind, hint } of replies) if (hint !== null) console.error(`for you, not for the model: ${kind}: ${hint}`);
  messages.push({ role: 'user', content: replies.map((reply) => reply.toValue()) });
}

for (const message of messages) console.log(JSON.stringify(message));

/** The decisions of a model, which sees the tools and what was said so far. */
function model(tools, messages) {
  const call = (name, input) => {
    if (!tools.some((tool) => tool.name === name)) throw new Error(`there is no tool ${name}: are there skills?`);
    return { type: 'tool_use', id: `call_${messages.length}_${name}`, name, input };
  };
  const last = messages.at(-1);
  switch (messages.length) {
    case 1:
      return { role: 'assistant', content: [call('activate_skill', { skill: 'text-stats' })] };
    case 3:
      return {
        role: 'assistant',
        content: [call('skill_text-stats', { text: 'Hello, world.' }), call('skill_text-stats', { txt: 'misspelt' })],
      };
    default: {
      const { words } = JSON.parse(last.content[0].content);
      return { role: 'assistant', content: `It has ${words} words.` };
    }
  }
}
