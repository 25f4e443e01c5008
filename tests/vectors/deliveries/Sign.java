import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.RSAKeyGenParameterSpec;
import java.math.BigInteger;
import java.util.Base64;

/** Signs DIR/body with a fresh RSA key, as a Java platform does: Sign DIR ALGORITHM BITS EXPONENT. */
public class Sign {
    public static void main(String[] args) throws Exception {
        Path dir = Path.of(args[0]);
        String algorithm = args[1];
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(new RSAKeyGenParameterSpec(Integer.parseInt(args[2]), new BigInteger(args[3])));
        KeyPair pair = generator.generateKeyPair();

        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(pair.getPrivate());
        signature.update(Files.readAllBytes(dir.resolve("body")));

        Base64.Encoder base64 = Base64.getEncoder();
        Files.writeString(dir.resolve("key"), base64.encodeToString(pair.getPublic().getEncoded()) + "\n");
        Files.writeString(dir.resolve("authorization"), base64.encodeToString(signature.sign()));
        Files.writeString(dir.resolve("algorithm"), signature.getAlgorithm());
    }
}
