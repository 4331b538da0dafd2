using System.Security.Cryptography;
using System.Text;

namespace Quorate.Contracts;

/// <summary>The one way a text gets a hash that is written down.</summary>
public static class TextHash
{
    /// <summary>SHA-256 of the UTF-8 text, lower-case hex.</summary>
    public static string Of(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
