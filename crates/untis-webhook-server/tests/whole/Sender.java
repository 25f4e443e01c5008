import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A pretend platform: Sender FOLDER SEED SCHOOLS INSTANCE..., where an instance is its webhook's and its admin's port with
 * a colon between. Each school lives through nine genuine deliveries, one after the other, and one that is forged.
 *
 * It writes into FOLDER its public key, then what each school is in the end, and every secret that it ever sent.
 */
public class Sender {
    static final int WORKERS = 8;
    static final int AT_ONCE = 8;
    static final int LIFE = 10;
    /** For one delivery, however often it is sent. */
    static final Duration PATIENCE = Duration.ofSeconds(60);
    static final Duration PAUSE = Duration.ofMillis(50);

    static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    static final Set<String> SECRETS = ConcurrentHashMap.newKeySet();
    static final AtomicInteger GENUINE = new AtomicInteger();
    static final AtomicInteger FORGED = new AtomicInteger();
    /** Attempts that were answered 503, to which nobody answered, and that nobody took. */
    static final AtomicInteger UNAVAILABLE = new AtomicInteger();
    static final AtomicInteger LOST = new AtomicInteger();
    static final AtomicInteger REFUSED = new AtomicInteger();

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        long seed = Long.parseLong(args[1]);
        Balancer balancer = new Balancer(List.of(args).subList(3, args.length));
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair platform = generator.generateKeyPair();
        PrivateKey stranger = generator.generateKeyPair().getPrivate();
        write(folder.resolve("untis-public.txt"), Base64.getEncoder().encodeToString(platform.getPublic().getEncoded()));

        List<School> schools = new ArrayList<>();
        for (int n = 0; n < Integer.parseInt(args[2]); n++) {
            schools.add(new School(n, new Random(seed + n)));
        }
        ConcurrentLinkedQueue<School> waiting = new ConcurrentLinkedQueue<>(schools);
        List<Thread> workers = new ArrayList<>();
        for (int n = 0; n < WORKERS; n++) {
            Thread worker = new Thread(() -> {
                try {
                    // Whoever has a school has it alone. A few at a time, so that schools come to their end all along.
                    Deque<School> living = new ArrayDeque<>();
                    while (true) {
                        School next = living.size() < AT_ONCE ? waiting.poll() : null;
                        if (next != null) living.add(next);
                        School school = living.poll();
                        if (school == null) return;
                        school.live(platform.getPrivate(), stranger, balancer);
                        if (school.lived < LIFE) living.add(school);
                    }
                } catch (Throwable error) {
                    System.out.println("failed: " + error);
                    System.exit(1);
                }
            });
            workers.add(worker);
            worker.start();
        }
        for (Thread worker : workers) worker.join();

        StringBuilder model = new StringBuilder();
        for (School school : schools) model.append(school).append('\n');
        write(folder.resolve("platform.jsonl"), model.toString());
        write(folder.resolve("platform-secrets.txt"), String.join("\n", SECRETS));
        System.out.printf("{\"genuine\":%s,\"forged\":%s,\"unavailable\":%s,\"lost\":%s,\"refused\":%s}%n",
            GENUINE, FORGED, UNAVAILABLE, LOST, REFUSED);
        System.exit(0);
    }

    /** Whoever reads it finds all of it, or no file. */
    static void write(Path file, String text) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        Files.writeString(part, text);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** The instances, of which one is out as long as it is not ready, or does not take a connection. */
    static class Balancer {
        final List<String> webhooks = new ArrayList<>();
        final Set<String> out = ConcurrentHashMap.newKeySet();
        final AtomicInteger turn = new AtomicInteger();

        Balancer(List<String> instances) {
            for (String instance : instances) {
                String[] ports = instance.split(":");
                webhooks.add("http://127.0.0.1:" + ports[0] + "/webhook");
                if (instances.size() > 1) watch(webhooks.get(webhooks.size() - 1), "http://127.0.0.1:" + ports[1] + "/readyz");
            }
        }

        void watch(String webhook, String readyz) {
            Thread watch = new Thread(() -> {
                HttpRequest request = HttpRequest.newBuilder(URI.create(readyz)).timeout(Duration.ofSeconds(5)).build();
                while (true) {
                    boolean ready;
                    try {
                        ready = CLIENT.send(request, BodyHandlers.discarding()).statusCode() == 200;
                    } catch (IOException | InterruptedException error) {
                        ready = false;
                    }
                    if (ready) out.remove(webhook); else out.add(webhook);
                    pause();
                }
            });
            watch.setDaemon(true);
            watch.start();
        }

        String next() {
            String webhook = null;
            for (int n = 0; n < webhooks.size(); n++) {
                webhook = webhooks.get(Math.floorMod(turn.getAndIncrement(), webhooks.size()));
                if (!out.contains(webhook)) break;
            }
            return webhook;
        }

        /** Sends it until it is answered with one of the two, and gives which. */
        int send(String body, String algorithm, String signature) throws Exception {
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (System.nanoTime() < end) {
                String webhook = next();
                HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(webhook))
                    .timeout(Duration.ofSeconds(30))
                    .header("Content-Type", "application/json; charset=utf-8")
                    .header("Algorithm", algorithm)
                    .POST(BodyPublishers.ofString(body));
                if (signature != null) request.header("Authorization", signature);
                try {
                    int status = CLIENT.send(request.build(), BodyHandlers.discarding()).statusCode();
                    if (status != 503) return status;
                    UNAVAILABLE.incrementAndGet();
                } catch (ConnectException error) {
                    REFUSED.incrementAndGet();
                    if (webhooks.size() > 1 && out.add(webhook)) continue;
                } catch (IOException error) {
                    LOST.incrementAndGet();
                    System.out.println("lost: " + webhook + ": " + error);
                }
                pause();
            }
            throw new IOException("a delivery is not taken within " + PATIENCE);
        }

        static void pause() {
            try {
                Thread.sleep(PAUSE.toMillis());
            } catch (InterruptedException error) {
                throw new IllegalStateException(error);
            }
        }
    }

    /** A school as the platform knows it. */
    static class School {
        final String id;
        final Random random;
        /** Its payloads are of the first version: no eventType, and `type` for that of a deactivation. */
        final boolean isOld;
        final int forgedAt;
        int lived = 0;
        String status = "unknown";
        String clientId;
        String secret;
        String password;

        School(int n, Random random) {
            this.random = random;
            id = n % 10 == 0 ? "schule ä/" + n + "?" : "school-" + n;
            isOld = n % 7 == 0;
            forgedAt = random.nextInt(LIFE);
            clientId = "client-" + n;
        }

        /** One delivery, until it is answered. */
        void live(PrivateKey platform, PrivateKey stranger, Balancer balancer) throws Exception {
            boolean isForged = lived == forgedAt;
            String body = isForged ? plot() : next();
            String algorithm = "SHA256withRSA";
            String signature = sign(platform, algorithm, body);
            if (isForged) {
                switch (random.nextInt(5)) {
                    case 0 -> signature = sign(stranger, algorithm, body);
                    case 1 -> body += " ";
                    case 2 -> algorithm = "SHA512withRSA";
                    case 3 -> signature = null;
                    default -> signature = (signature.charAt(0) == 'A' ? 'B' : 'A') + signature.substring(1);
                }
            }
            int status = balancer.send(body, algorithm, signature);
            if (status != (isForged ? 401 : 204)) throw new IOException("answered " + status + " of " + lived + ", " + id);
            (isForged ? FORGED : GENUINE).incrementAndGet();
            lived++;
            // The platform may not have heard that it was taken.
            if (!isForged && random.nextInt(20) == 0 && balancer.send(body, algorithm, signature) != 204)
                throw new IOException("not taken again, " + id);
            System.out.println(status + " " + this.status + " " + id);
        }

        String next() {
            switch (status) {
                case "unknown": case "deleted":
                    renew(true);
                    return handOver("CREATED");
                case "active":
                    int what = random.nextInt(10);
                    if (what < 6) {
                        renew(random.nextBoolean());
                        return handOver("RESET");
                    }
                    return end(what < 9 ? "DEACTIVATION" : "DELETION");
                default:
                    if (random.nextInt(6) == 0) return end("DELETION");
                    // Whether they are new is not documented; an old payload would not tell it from a replay.
                    if (isOld || random.nextBoolean()) renew(true);
                    return handOver("REACTIVATED");
            }
        }

        /** What somebody else would have the receiver believe. */
        String plot() {
            String before = status, hadSecret = secret, hadPassword = password;
            renew(true);
            String body = random.nextBoolean() ? handOver("RESET") : end("DELETION");
            status = before; secret = hadSecret; password = hadPassword;
            return body;
        }

        void renew(boolean all) {
            if (all) secret = random();
            password = random();
        }

        String random() {
            String letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
            StringBuilder text = new StringBuilder();
            for (int n = 0; n < 24; n++) text.append(letters.charAt(random.nextInt(letters.length())));
            SECRETS.add(text.toString());
            return text.toString();
        }

        String handOver(String eventType) {
            status = "active";
            String first = "{\"tenantId\":\"" + id + "\",\"clientId\":\"" + clientId + "\",\"secret\":\"" + secret
                + "\",\"password\":\"" + password + "\",\"host\":\"localhost\"";
            if (isOld) return first + ",\"schoolName\":\"Schule\"}";
            return first + ",\"country\":\"AT\",\"region\":\"AT-3\",\"language\":\"de\",\"eventType\":\"" + eventType
                + "\",\"activatorEmail\":\"jane@example.org\",\"activatorUsername\":\"Jane Doe the " + lived
                + ".\",\"schoolEmail\":\"office@example.org\",\"schoolPhoneNumber\":\"555 / 123 456 789\"}";
        }

        String end(String eventType) {
            status = eventType.equals("DELETION") ? "deleted" : "deactivated";
            String why = random.nextBoolean() ? "NO_REASON" : "SCHOOL_" + eventType;
            String text = random.nextBoolean() ? "" : ",\"reasonText\":\"The tenant requested it.\"";
            return "{\"tenantId\":\"" + id + "\",\"" + (isOld ? "type" : "eventType") + "\":\"" + eventType
                + "\",\"reasonType\":\"" + why + "\"" + text + "}";
        }

        @Override
        public String toString() {
            String credentials = status.equals("active")
                ? ",\"clientId\":\"" + clientId + "\",\"secret\":\"" + secret + "\",\"password\":\"" + password + "\"" : "";
            return "{\"tenantId\":\"" + id + "\",\"status\":\"" + status + "\"" + credentials + "}";
        }
    }

    static String sign(PrivateKey key, String algorithm, String body) throws Exception {
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        signature.update(body.getBytes(StandardCharsets.UTF_8));
        return Base64.getEncoder().encodeToString(signature.sign());
    }
}
