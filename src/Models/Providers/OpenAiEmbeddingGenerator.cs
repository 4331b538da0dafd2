using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Quorate.Models.Providers;

/// <summary>
/// Vectors from an OpenAI-compatible endpoint: one request per call, in the order of the texts. Throws <see cref="ModelException"/>,
/// <see cref="ModelFailure.Timeout"/> after the configuration's deadline.
/// </summary>
/// <param name="config">Endpoint and model; temperature and tokens do not matter.</param>
/// <param name="apiKey">Null or empty for servers that want none.</param>
/// <param name="time">The clock.</param>
public sealed class OpenAiEmbeddingGenerator(ModelConfig config, string? apiKey, TimeProvider time) : IEmbeddingGenerator<string, Embedding<float>>
{
    private const string Path = "/embeddings";
    private readonly OpenAiEndpoint _endpoint = new(config, apiKey, time, null, null);
    private readonly EmbeddingGeneratorMetadata _metadata = new(config.Provider, config.Endpoint, config.Model);

    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var texts = values as IReadOnlyCollection<string> ?? [.. values];
        using var timer = new CancellationTokenSource(config.Deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        HttpResponseMessage? response = null;
        try
        {
            response = await _endpoint.PostAsync(Path, Write(texts, options), either.Token);
            var body = await BoundedBody.ReadAsync(await response.Content.ReadAsStreamAsync(either.Token), default, either.Token, MaxBytes);
            return Read(body, texts.Count);
        }
        catch (Exception error) when (error is ModelException or IOException or HttpRequestException)
        {
            throw _endpoint.Translate(error, response, either.Token);
        }
        catch (OperationCanceledException error) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ModelException(ModelFailure.Timeout, $"no vectors within {config.Deadline.TotalSeconds:0.###} s", error);
        }
        finally
        {
            response?.Dispose();
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
        : serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() => _endpoint.Dispose();

    /// <summary>A few hundred vectors of 4,096 dimensions as decimal text.</summary>
    private static int MaxBytes => 32 << 20;

    private ReadOnlyMemory<byte> Write(IReadOnlyCollection<string> texts, EmbeddingGenerationOptions? options)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("model"u8, options?.ModelId ?? config.Model);
        json.WriteStartArray("input"u8);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
        if (options?.Dimensions is { } dimensions)
        {
            json.WriteNumber("dimensions"u8, dimensions);
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static GeneratedEmbeddings<Embedding<float>> Read(ReadOnlyMemory<byte> body, int count)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var vectors = new ReadOnlyMemory<float>[count];
            foreach (var item in document.RootElement.GetProperty("data").EnumerateArray())
            {
                vectors[item.GetProperty("index").GetInt32()] = item.GetProperty("embedding").EnumerateArray().Select(v => v.GetSingle()).ToArray();
            }

            return vectors.All(v => v.Length > 0 && v.Length == vectors[0].Length && v.ToArray().All(float.IsFinite))
                ? new GeneratedEmbeddings<Embedding<float>>(vectors.Select(v => new Embedding<float>(v))) { Usage = Completion.ReadUsage(document.RootElement) }
                : throw new JsonException("vectors are missing or differ in length");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            throw new ModelException(ModelFailure.Malformed, $"the answer holds no vectors: {error.Message}", error) { Status = 200 };
        }
    }
}
