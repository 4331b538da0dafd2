using System.Buffers.Text;
using System.Security.Cryptography;
using Quorate.Contracts;

namespace Quorate.Server.Security;

/// <summary>
/// 256 random bits that let their bearer in. The store gets the SHA-256 alone: with that much entropy a plain hash cannot be turned back, and
/// looking a hash up tells nothing about the token by its time.
/// </summary>
internal static class SecretToken
{
    public const string KeyPrefix = "qk_";
    public const int Longest = 64;

    private const int Bytes = 32;

    public static string Create(string prefix = "") => prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    public static string Hash(string token) => TextHash.Of(token);
}
