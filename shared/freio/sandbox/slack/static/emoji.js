// The emoji that operational messages use, by short name; another name is shown as it was written.

const EMOJI = {
  "+1": "👍", "-1": "👎", alarm_clock: "⏰", arrow_down: "⬇️", arrow_right: "➡️", arrow_up: "⬆️", bar_chart: "📊",
  bell: "🔔", bulb: "💡", busts_in_silhouette: "👥", calendar: "📆", chart_with_downwards_trend: "📉",
  chart_with_upwards_trend: "📈", eyes: "👀", exclamation: "❗", fire: "🔥", gear: "⚙️", heavy_check_mark: "✔️",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", information_source: "ℹ️", key: "🔑", large_blue_circle: "🔵",
  large_green_circle: "🟢", large_orange_circle: "🟠", large_yellow_circle: "🟡", link: "🔗", lock: "🔒", mag: "🔍",
  memo: "📝", money_with_wings: "💸", moneybag: "💰", no_bell: "🔕", no_entry: "⛔", octagonal_sign: "🛑",
  page_facing_up: "📄", pause_button: "⏸️", question: "❓", red_circle: "🔴", robot_face: "🤖", rocket: "🚀",
  rotating_light: "🚨", snail: "🐌", tada: "🎉", unlock: "🔓", warning: "⚠️", wave: "👋", white_check_mark: "✅",
  white_circle: "⚪", x: "❌", zzz: "💤",
};

export const emoji = (name) => EMOJI[name];
