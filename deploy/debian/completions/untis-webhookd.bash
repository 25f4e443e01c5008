source <(untis-webhookd completions bash)
