using System.Text.Json;
using System.Text.Json.Serialization;
using Quorate.Contracts;

namespace Quorate.Storage.Keys;

/// <summary>Small JSON files from elsewhere: bounded, no unknown and no repeated members, nothing missing.</summary>
internal static class StrictJson
{
    /// <summary>Bytes of such a file.</summary>
    public const int MaxBytes = 1 << 20;

    private static readonly JsonSerializerOptions Options = new(QuorateJson.Options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 8,
    };

    /// <param name="path">The file.</param>
    /// <param name="code">Error code, completed with <c>_missing</c> or <c>_invalid</c>.</param>
    /// <param name="hint">What to do about it.</param>
    /// <exception cref="QuorateException">Missing, unreadable, too large, or of another form.</exception>
    public static T Read<T>(string path, string code, string hint)
    {
        try
        {
            var bytes = File.Exists(path) ? BoundedFile.Read(path, MaxBytes) : throw QuorateException.Input($"{code}_missing", $"{path} does not exist", hint);
            return bytes.Length > MaxBytes
                ? throw QuorateException.Input($"{code}_invalid", $"{path} has more than {MaxBytes} bytes", hint)
                : JsonSerializer.Deserialize<T>(bytes, Options) ?? throw QuorateException.Input($"{code}_invalid", $"{path} holds null", hint);
        }
        catch (JsonException e)
        {
            throw QuorateException.Input($"{code}_invalid", $"{path}, line {e.LineNumber + 1}: {e.Message.Replace(typeof(T).Namespace + ".", string.Empty)}", hint, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing($"{code}_missing", $"{path} cannot be read: {e.Message}", hint, e);
        }
    }
}
