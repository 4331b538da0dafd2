using System.Security.Cryptography;
using Quorate.Contracts;

namespace Quorate.Cli.Common;

/// <summary>Ids that nobody can guess: 80 random bits in Crockford's base 32.</summary>
internal sealed class RandomIds : IIdSource
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    public string Next(string prefix)
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        Span<char> text = stackalloc char[16];
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = Alphabet[random[i] & 31];
        }

        return $"{prefix}-{text}";
    }
}
