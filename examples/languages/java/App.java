// Needs Jackson. With Debian's libjackson2-databind-java: java -cp '/usr/share/java/*' App.java
// where notify-secret.txt and api-token.txt are.
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.*;
import com.sun.net.httpserver.*;
import java.net.*;
import java.net.http.*;
import java.nio.file.*;
import java.security.MessageDigest;
import java.time.*;
import java.util.*;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class App {
    static final ObjectMapper JSON = new ObjectMapper();
    static final String API = System.getenv().getOrDefault("API", "127.0.0.1:8081");
    /** Of the schools; in your database, so that they outlive the process. */
    static final Map<String, Long> VERSIONS = new HashMap<>();

    static String read(String file) throws Exception {
        return Files.readString(Path.of(file)).strip();
    }

    static boolean isGenuine(Headers headers, byte[] body) throws Exception {
        String timestamp = headers.getFirst("webhook-timestamp");
        String signatures = headers.getFirst("webhook-signature");
        if (timestamp == null || signatures == null) return false;
        byte[] key = Base64.getDecoder().decode(read("notify-secret.txt").substring("whsec_".length()));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        mac.update((headers.getFirst("webhook-id") + "." + timestamp + ".").getBytes(UTF_8));
        byte[] expected = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes(UTF_8);
        // Of several, as in a rotation, one is enough.
        var found = Arrays.stream(signatures.split(" ")).map(signature -> signature.getBytes(UTF_8));
        return found.anyMatch(signature -> MessageDigest.isEqual(expected, signature))
            && Math.abs(Instant.now().getEpochSecond() - Long.parseLong(timestamp)) <= 300;
    }

    /** Empty unless the school is active. */
    static Optional<JsonNode> credentials(String tenant) throws Exception {
        String id = URLEncoder.encode(tenant, UTF_8).replace("+", "%20");
        URI uri = URI.create("http://" + API + "/v1/tenants/" + id + "/credentials");
        HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(5))
            .header("authorization", "Bearer " + read("api-token.txt")).build();
        var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray());
        return switch (answer.statusCode()) {
            case 200 -> Optional.of(JSON.readTree(answer.body()));
            case 404 -> Optional.empty();
            default -> throw new IllegalStateException("the API answers " + answer.statusCode());
        };
    }

    static void handle(String tenant, JsonNode school) throws Exception {
        long version = school.required("version").asLong();
        String status = school.required("status").asText();
        if (version <= VERSIONS.getOrDefault(tenant, 0L)) return; // it came before
        if (school.required("deletedSince").asBoolean()) {
            System.out.println(tenant + ": erase what there is of it");
        }
        if (status.equals("active")) {
            credentials(tenant).ifPresent(found -> System.out.println(tenant + ": active, as "
                + found.required("clientId").asText() + " at " + found.required("host").asText()));
        } else {
            System.out.println(tenant + ": " + status + ", stop working for it");
        }
        VERSIONS.put(tenant, version);
    }

    static int answer(HttpExchange exchange) {
        try {
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (!isGenuine(exchange.getRequestHeaders(), body)) return 401;
            JsonNode school = JSON.readTree(body).required("data");
            handle(school.required("tenantId").asText(), school);
            return 204;
        } catch (Exception error) {
            error.printStackTrace();
            return 503; // the daemon tells it again
        }
    }

    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "3000"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(answer(exchange), -1);
            exchange.close();
        });
        server.start();
    }
}
