// The page's own words; what the bot says comes from the bot.

const ENGLISH = {
  channels: "Channels", direct: "Direct messages", menu: "Show channels", messages: "Messages",
  onlyVisible: "Only visible to you", edited: "(edited)", app: "APP", more: "More actions",
  pick: "Choose an option", cancel: "Cancel", confirm: "Yes", sure: "Are you sure?",
  thread: "Thread", close: "Close", reply: "Reply in thread", replyTo: "Reply…", send: "Send",
  newMessages: "New messages", reconnecting: "Reconnecting…", dark: "Dark theme", light: "Light theme",
  language: "English", table: "Table",
  hintKeys: "Tab to complete · Enter to send",
  write: (name) => `Message ${name}`,
  replies: (count) => (count === 1 ? "1 reply" : `${count} replies`),
  switchTo: (name) => `Switch to ${name}`,
  start: (name) => `This is the very beginning of ${name}`,
  startHint: "Type / below to see what the app can do.",
  notInThreads: (command) => `${command} is not supported in threads. Sorry!`,
  failed: (error) => `Something went wrong: ${error}`,
  notDrawn: (type) => `A block of the type “${type}” is not drawn here`,
};

const CHINESE = {
  channels: "频道", direct: "私信", menu: "显示频道", messages: "消息",
  onlyVisible: "仅对你可见", edited: "(已编辑)", app: "应用", more: "更多操作",
  pick: "选择一个选项", cancel: "取消", confirm: "确定", sure: "确定吗?",
  thread: "消息列", close: "关闭", reply: "在消息列中回复", replyTo: "回复…", send: "发送",
  newMessages: "新消息", reconnecting: "正在重新连接…", dark: "深色主题", light: "浅色主题",
  language: "中文", table: "表格",
  hintKeys: "Tab 补全 · Enter 发送",
  write: (name) => `发送消息至 ${name}`,
  replies: (count) => `${count} 条回复`,
  switchTo: (name) => `切换为 ${name}`,
  start: (name) => `这里是 ${name} 的开始`,
  startHint: "在下方输入 / 查看应用能做什么。",
  notInThreads: (command) => `抱歉,消息列中不支持 ${command}。`,
  failed: (error) => `出错了:${error}`,
  notDrawn: (type) => `此处不显示类型为“${type}”的块`,
};

export const wordsFor = (locale) => (/^zh/i.test(locale) ? CHINESE : ENGLISH);
