using System.Security.Cryptography;
using System.Text.Json;
using Quorate.Contracts;

namespace Quorate.Engine.Messages;

/// <summary>What is said, as JSON behind the first 8 bytes of its SHA-256: damage on the way is noticed where nothing is signed.</summary>
internal static class BusPayload
{
    private const int Check = 8;

    /// <exception cref="ArgumentException">It has no form in JSON: a number that is none.</exception>
    public static byte[] Write<T>(T said)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(said, QuorateJson.Options);
        return [.. SHA256.HashData(json).AsSpan(0, Check), .. json];
    }

    /// <summary>Null for what is damaged, or says something else.</summary>
    public static T? Read<T>(ReadOnlySpan<byte> payload)
        where T : class
    {
        if (payload.Length < Check || !SHA256.HashData(payload[Check..]).AsSpan(0, Check).SequenceEqual(payload[..Check]))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<T>(payload[Check..], QuorateJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
