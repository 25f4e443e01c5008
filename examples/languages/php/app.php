<?php
// Needs PDO for SQLite. To try it: php -S 127.0.0.1:3000 app.php where notify-secret.txt and api-token.txt are.

function is_genuine(string $body): bool
{
    $header = fn ($name) => $_SERVER["HTTP_WEBHOOK_$name"] ?? '';
    [$id, $timestamp, $signatures] = array_map($header, ['ID', 'TIMESTAMP', 'SIGNATURE']);
    $secret = substr(trim((string) file_get_contents('notify-secret.txt')), strlen('whsec_'));
    $key = base64_decode($secret, true) ?: throw new RuntimeException('there is no secret');
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    // Of several, as in a rotation, one is enough.
    $found = array_filter(explode(' ', $signatures), fn ($signature) => hash_equals($expected, $signature));
    return $found && abs(time() - (int) $timestamp) <= 300;
}

function credentials(string $tenant): ?array // null unless the school is active
{
    $token = trim((string) file_get_contents('api-token.txt'));
    $api = getenv('API') ?: '127.0.0.1:8081';
    $url = "http://$api/v1/tenants/" . rawurlencode($tenant) . '/credentials';
    $options = ['header' => "Authorization: Bearer $token", 'ignore_errors' => true, 'timeout' => 5];
    $answer = fopen($url, 'r', false, stream_context_create(['http' => $options]));
    $answer ?: throw new RuntimeException('the API does not answer'); // a 500, so that the daemon tells it again
    return match (explode(' ', stream_get_meta_data($answer)['wrapper_data'][0])[1]) {
        '200' => json_decode(stream_get_contents($answer), true, 512, JSON_THROW_ON_ERROR),
        '404' => null,
    };
}

function handle(string $tenant, array $school): void
{
    if ($school['deletedSince']) {
        error_log("$tenant: erase what there is of it");
    }
    if ($school['status'] !== 'active') {
        error_log("$tenant: {$school['status']}, stop working for it");
    } elseif ($found = credentials($tenant)) {
        error_log("$tenant: active, as {$found['clientId']} at {$found['host']}");
    }
}

$body = file_get_contents('php://input');
if (!is_genuine($body)) {
    http_response_code(401);
    exit;
}
$school = json_decode($body, true, 512, JSON_THROW_ON_ERROR)['data'];
$database = new PDO('sqlite:schools.db');
$database->exec('CREATE TABLE IF NOT EXISTS school (id TEXT PRIMARY KEY, version INTEGER NOT NULL)');
$database->beginTransaction(); // a version is remembered once it is handled
$newer = $database->prepare('INSERT INTO school (id, version) VALUES (?, ?)
    ON CONFLICT (id) DO UPDATE SET version = excluded.version WHERE excluded.version > school.version');
$newer->execute([$school['tenantId'], $school['version']]);
if ($newer->rowCount() > 0) {
    handle($school['tenantId'], $school);
}
$database->commit();
http_response_code(204);
