untis-webhookd completions fish | source
