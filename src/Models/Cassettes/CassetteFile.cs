using System.Text;
using System.Text.Json;
using Quorate.Contracts;

namespace Quorate.Models.Cassettes;

/// <summary>What a server answered once: a line of JSON, then the body's bytes as they came.</summary>
internal sealed record CassetteFile
{
    private const int MaxBytes = 64 << 20;

    public required int Status { get; init; }
    public string? ContentType { get; init; }
    public string? RetryAfter { get; init; }

    /// <summary>The connection broke after the body's last byte here.</summary>
    public bool Cut { get; init; }

    public static void Write(string path, CassetteFile head, ReadOnlySpan<byte> body)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
        file.Write(JsonSerializer.SerializeToUtf8Bytes(head, QuorateJson.Options));
        file.WriteByte((byte)'\n');
        file.Write(body);
    }

    /// <summary>Null when there is no such recording.</summary>
    /// <exception cref="ModelException">Malformed: the file is no recording.</exception>
    public static (CassetteFile Head, ReadOnlyMemory<byte> Body)? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var bytes = File.ReadAllBytes(path);
        var end = Array.IndexOf(bytes, (byte)'\n');
        try
        {
            return bytes.Length <= MaxBytes && JsonSerializer.Deserialize<CassetteFile>(bytes.AsSpan(0, Math.Max(end, 0)), QuorateJson.Options) is { Status: >= 100 and <= 599 } head ? (head, bytes.AsMemory(end + 1)) : throw new JsonException("no head");
        }
        catch (JsonException error)
        {
            throw new ModelException(ModelFailure.Malformed, $"the recording {path} is damaged; record it again", error) { Raw = Encoding.UTF8.GetString(bytes.AsSpan(0, Math.Min(bytes.Length, 200))) };
        }
    }
}
