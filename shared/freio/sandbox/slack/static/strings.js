// What the page itself says, in the language of the person acting.

const WORDS = {
  en: {
    acting: "Acting as", channels: "Channels", directs: "Direct messages", thread: "Thread", app: "App",
    guest: "guest", edited: "(edited)", ephemeral: "Only visible to you", send: "Send", close: "Close",
    cancel: "Cancel", menu: "Channels", more: "More actions", write: "Message {place}", reply: "Reply…",
    one_reply: "1 reply", replies: "{count} replies", start_thread: "Reply in thread", choose: "Choose…",
    failed: "That did not work: {error}", not_answered: "The app did not answer in time (operation_timeout). Try again.",
    today: "today", yesterday: "yesterday", tomorrow: "tomorrow", you: "you", empty: "Nothing has been said here yet.",
    unread: "unread", optional: "(optional)", trouble: "The app's answer could not be used: {error}",
  },
  "pt-BR": {
    acting: "Agindo como", channels: "Canais", directs: "Mensagens diretas", thread: "Conversa", app: "App",
    guest: "convidado", edited: "(editado)", ephemeral: "Visível só para você", send: "Enviar", close: "Fechar",
    cancel: "Cancelar", menu: "Canais", more: "Mais ações", write: "Mensagem para {place}", reply: "Responder…",
    one_reply: "1 resposta", replies: "{count} respostas", start_thread: "Responder na conversa", choose: "Escolha…",
    failed: "Não funcionou: {error}", not_answered: "O app não respondeu a tempo (operation_timeout). Tente de novo.",
    today: "hoje", yesterday: "ontem", tomorrow: "amanhã", you: "você", empty: "Ninguém disse nada aqui ainda.",
    unread: "não lido", optional: "(opcional)", trouble: "A resposta do app não pôde ser usada: {error}",
  },
};

export function words(locale) {
  const language = WORDS[locale] ?? WORDS[locale.startsWith("pt") ? "pt-BR" : "en"];
  return (key, values = {}) => language[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
