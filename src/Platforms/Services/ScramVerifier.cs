using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Quorate.Platforms.Services;

/// <summary>PostgreSQL's stored form of a password, <c>SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey</c> (RFC 5803, keys as in RFC 5802).</summary>
internal static class ScramVerifier
{
    private const string Mechanism = "SCRAM-SHA-256";
    private const int KeyBytes = 32;
    private const int SaltBytes = 16;
    private const int Iterations = 4096;
    private const int MaxIterations = 100_000;

    /// <summary>A new one for the password, so that the password itself never has to be said.</summary>
    public static string Create(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var (stored, server) = Keys(password, salt, Iterations);
        return string.Create(CultureInfo.InvariantCulture, $"{Mechanism}${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(stored)}:{Convert.ToBase64String(server)}");
    }

    /// <summary>Whether it was made from the password; false for any other form.</summary>
    public static bool Matches(string verifier, string password)
    {
        var parts = verifier.Split('$', ':');
        if (parts is not [Mechanism, var count, var salt, var stored, _]
            || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) || iterations is < 1 or > MaxIterations)
        {
            return false;
        }

        try
        {
            return CryptographicOperations.FixedTimeEquals(Convert.FromBase64String(stored), Keys(password, Convert.FromBase64String(salt), iterations).Stored);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static (byte[] Stored, byte[] Server) Keys(string password, byte[] salt, int iterations)
    {
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, KeyBytes);
        return (SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8)), HMACSHA256.HashData(salted, "Server Key"u8));
    }
}
